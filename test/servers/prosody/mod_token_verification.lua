-- FAKE of Jitsi's mod_token_verification, which holds a token against the room: here the nickname says whether it is for another one.
local jid = require "util.jid";
local st = require "util.stanza";

module:hook("muc-occupant-pre-join", function(event)
    if jid.resource(event.stanza.attr.to) ~= "intruder" then return; end
    event.origin.send(st.error_reply(event.stanza, "cancel", "not-allowed"));
    return true;
end, 99);
