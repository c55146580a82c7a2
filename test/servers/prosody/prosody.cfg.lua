-- Hosts and rooms as Jitsi's image lays them out, as far as the rules for guests depend on it.
local function number(name) return tonumber(os.getenv(name)); end

plugin_paths = { os.getenv("TEST_DIRECTORY").."/plugins" }
data_path = os.getenv("TEST_DIRECTORY").."/data"
pidfile = os.getenv("TEST_DIRECTORY").."/data/prosody.pid"
log = { { levels = { min = "info" }, to = "console" } }

interfaces = { "127.0.0.1" }
c2s_ports = { number("TEST_XMPP_PORT") }
http_ports = { number("TEST_HTTP_PORT") }
https_ports = { }
c2s_require_encryption = false
http_default_host = os.getenv("XMPP_DOMAIN")

modules_enabled = { "disco", "saslauth" }
modules_disabled = { "s2s", "offline", "tls" }

VirtualHost(os.getenv("XMPP_DOMAIN"))
    authentication = "token"
    modules_enabled = { "bosh", "muc_lobby_rooms", "persistent_lobby", "socle_rooms" }

VirtualHost(os.getenv("XMPP_GUEST_DOMAIN"))
    authentication = "anonymous"
    modules_enabled = { "socle_rooms" }

Component(os.getenv("XMPP_MUC_DOMAIN"))("muc")
    storage = "memory"
    muc_room_locking = false
    muc_room_default_public_jids = true
    modules_enabled = os.getenv("TEST_UNRULED") and { } or { "token_verification", "socle_rooms" }
