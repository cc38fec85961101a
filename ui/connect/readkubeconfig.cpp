// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/services.h"

namespace strata::ui {

std::vector<std::string> usualPaths()
{
    return kube::usualKubeconfigPaths();
}

Result<std::vector<ContextRow>> readKubeconfig(const std::string& path)
{
    const Result<kube::Kubeconfig> file = kube::Kubeconfig::load(path);
    if (!file)
        return tl::unexpected<Error>(file.error());
    std::vector<ContextRow> rows;
    for (const kube::Kubeconfig::Context& context : file->contexts())
        rows.push_back({context.name, context.cluster, context.user, context.server, context.current,
                        file->resolve(context.name)});
    return rows;
}

} // namespace strata::ui
