-- FAKE of Jitsi's mod_persistent_lobby: it asks mod_muc_lobby_rooms for the lobby.
module:hook_global("create-persistent-lobby-room", function(event)
    prosody.events.fire_event("create-lobby-room", event);
end);
