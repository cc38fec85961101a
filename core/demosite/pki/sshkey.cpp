// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/pki/sshkey.h"

#include <libssh/libssh.h>

#include <memory>

namespace strata::demosite {

SshKey newSshKey(const std::string& comment)
{
    SshKey out;
    ssh_key key = nullptr;
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK)
        return out;
    char* text = nullptr;
    if (ssh_pki_export_pubkey_base64(key, &text) == SSH_OK) {
        out.publicLine = std::string("ssh-ed25519 ") + text + " " + comment;
        ssh_string_free_char(text);
    }
    text = nullptr;
    if (ssh_pki_export_privkey_base64(key, nullptr, nullptr, nullptr, &text) == SSH_OK) {
        out.privateKey = text;
        ssh_string_free_char(text);
    }
    ssh_key_free(key);
    return out;
}

const SshKey& tenantSshKey()
{
    static const SshKey key = newSshKey("capk");
    return key;
}

} // namespace strata::demosite
