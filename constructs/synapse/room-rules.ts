/**
 * A module of ours for Synapse, as text of a Python file. Synapse encrypts rooms by default and refuses nobody who then writes in clear, or who
 * gives a room another algorithm: its own settings are wishes to clients. This makes them rules for the people of this homeserver. What people
 * of other homeservers write is theirs to answer for; to refuse it here would only break the room.
 * Callback and its arguments: Synapse's manual of modules, "Third-party rules callbacks", check_event_allowed.
 */
export const roomRules = {
  file: "socle_rooms.py",
  module: "socle_rooms.EncryptedRooms",
  text: `"""Rooms of this homeserver are encrypted, and stay so."""

ALGORITHM = "m.megolm.v1.aes-sha2"
# What clients never encrypt: what they encrypted already, what takes something back, and a sign at somebody's message.
CLEAR = frozenset(["m.room.encrypted", "m.room.redaction", "m.reaction"])


class EncryptedRooms:
    def __init__(self, config, api):
        self._api = api
        api.register_third_party_rules_callbacks(check_event_allowed=self.check_event_allowed)

    async def check_event_allowed(self, event, state_events):
        if not self._api.is_mine(event.sender):
            return True, None
        if event.is_state():
            return self._keeps_encryption(event), None
        return event.type in CLEAR, None

    @staticmethod
    def _keeps_encryption(event):
        if event.type != "m.room.encryption":
            return True
        return event.content.get("algorithm") == ALGORITHM
`,
} as const;
