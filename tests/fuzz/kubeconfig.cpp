// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/kubeconfig.h"

#include "tests/fuzz/target.h"

#include <string_view>

using namespace strata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // No base directory: nothing on this machine may be read or run.
    const auto file = kube::Kubeconfig::parse(text, "fuzz", {});
    if (!file) {
        FUZZ_CHECK(!file.error().text.empty());
        return 0;
    }
    for (const auto& context : file->contexts()) {
        const auto config = file->resolve(context.name);
        if (!config) {
            FUZZ_CHECK(!config.error().text.empty());
            continue;
        }
        FUZZ_CHECK(!config->exec && config->tokenFile.empty());
        // What is written says the same.
        const auto again = kube::Kubeconfig::parse(kube::writeKubeconfig(*config).reveal(), "fuzz", {});
        FUZZ_CHECK(again.has_value());
        const auto same = again->resolve();
        FUZZ_CHECK(same.has_value() && kube::sameAccess(*config, *same));
    }
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    return {"apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster:\n    server: "
            "https://h:6443\n    proxy-url: socks5://me:x@p:1\n    tls-server-name: n\nusers:\n- name: u\n  "
            "user:\n"
            "    token: t\n    as: a\n    as-groups: [g]\n    as-user-extra: {k: [v]}\ncontexts:\n- name: "
            "c\n  context:\n"
            "    cluster: k\n    user: u\n    namespace: n\n",
            "{clusters: [{name: k, cluster: {server: 'http://127.0.0.1'}}], contexts: [{name: c, context: "
            "{cluster: k, "
            "user: u}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, "
            "command: a, args: "
            "[b], env: [{name: c, value: d}]}}}]}",
            "a: &a [*a]\n"};
}
