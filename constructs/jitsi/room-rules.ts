/** What the module of ours answers about itself, where the operator asks: at this path of Prosody's own port, which has no way in from outside. */
export const roomRulesPath = "/socle-rooms";

/**
 * A module of ours for Prosody, as text of a Lua file. Jitsi's own modules make a lobby when somebody asks for one, and let everybody in where
 * nobody did; here a guest enters through a lobby or not at all, whatever the client says and whatever module is missing. Who came with a token
 * of the realm is a moderator, a guest is not: Jicofo, which would choose the first who comes, is told not to.
 * It is loaded twice: by the rooms, where it decides, and by the host of people, where it tells whether it does.
 * Hooks: Prosody's source, modules/muc/muc.lib.lua; lobby: jitsi-meet's resources/prosody-plugins, persistent_lobby and muc_lobby_rooms.
 */
export const roomRules = {
  file: "mod_socle_rooms.lua",
  module: "socle_rooms",
  /** Says who may enter without an account: Refused or LobbyOnly. */
  variable: "ROOM_GUESTS",
  text: `-- Who may enter a room, whatever the client asks for.
local jid = require "util.jid";
local json = require "util.json";
local st = require "util.stanza";

local people = os.getenv("XMPP_DOMAIN");
local services = os.getenv("XMPP_AUTH_DOMAIN");
local rooms = os.getenv("XMPP_MUC_DOMAIN");
local guests = os.getenv("ROOM_GUESTS");

local function refuse(event, text)
    event.origin.send(st.error_reply(event.stanza, "auth", "forbidden", text));
    return true;
end

local function may_enter(event)
    local room, occupant = event.room, event.occupant;
    local host = jid.host(occupant.bare_jid);
    if host == services then return; end
    if host == people then
        room:set_affiliation(true, occupant.bare_jid, "owner");
        occupant.role = room:get_default_role("owner");
        return;
    end
    if guests ~= "LobbyOnly" then return refuse(event, "Only people of this organisation enter here."); end
    -- A room without a lobby is open: a guest waits for one.
    if not room:get_members_only() then return refuse(event, "This room has no lobby."); end
end

local function gets_lobby(event)
    -- Jicofo tries itself out in rooms of its own; without a lobby no guest enters them.
    if jid.node(event.room.jid):find("__jicofo-health-check", 1, true) == 1 then return; end
    if guests ~= "LobbyOnly" then return; end
    prosody.events.fire_event("create-persistent-lobby-room", { room = event.room });
end

-- What is in force, and not what somebody wished for.
local function tell()
    local deciding = prosody.hosts[rooms] and prosody.hosts[rooms].modules.socle_rooms ~= nil;
    local here = prosody.hosts[people].modules;
    return {
        headers = { content_type = "application/json" };
        body = json.encode({
            guests = deciding and guests or "Anybody";
            lobby = here.muc_lobby_rooms ~= nil and here.persistent_lobby ~= nil;
        });
    };
end

if module.host == rooms then
    -- After the token was held against the room (99), before members and the lobby are looked at (-4).
    module:hook("muc-occupant-pre-join", may_enter, 50);
    module:hook("muc-room-created", gets_lobby);
elseif module.host == people then
    module:depends("http");
    module:provides("http", { default_path = "${roomRulesPath}"; route = { GET = tell } });
end
`,
} as const;
