// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/clusterinfo.h"

#include "core/base/text.h"
#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"

#include <nlohmann/json.hpp>

namespace strata::demosite {

void writeClusterInfo(Store& store, const SitePlan& plan, unsigned short port, const std::string& caPem)
{
    const std::string text =
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: " + base64Encode(caPem) +
        "\n    server: https://127.0.0.1:" + std::to_string(port) +
        "\n  name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\n"
        "preferences: {}\nusers: null\n";
    const Json object = {{"metadata",
                          {{"name", "cluster-info"},
                           {"namespace", "kube-public"},
                           {"uid", plan.uid("configmap/cluster-info")},
                           {"creationTimestamp", plan.ago(21L * 86400)}}},
                         {"data", {{"kubeconfig", text}}}};
    store.load(Kinds::instance().get("configmaps", ""), compact(object));
}

} // namespace strata::demosite
