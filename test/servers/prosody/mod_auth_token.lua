-- FAKE of Jitsi's mod_auth_token: whoever comes to this host is taken for somebody with a token.
local new_sasl = require "util.sasl".new;
local provider = {};

function provider.get_sasl_handler()
    return new_sasl(module.host, { anonymous = function(self, name) self.username = name; return true; end });
end

module:provides("auth", provider);
