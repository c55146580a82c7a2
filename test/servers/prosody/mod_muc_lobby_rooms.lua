-- FAKE of Jitsi's mod_muc_lobby_rooms: a room that gets a lobby is for members, and that is all of it here.
module:hook_global("create-lobby-room", function(event)
    event.room:set_members_only(true);
end);
