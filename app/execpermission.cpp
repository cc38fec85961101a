// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/execpermission.h"

#include "core/base/translate.h"

#include <cstdlib>
#include <filesystem>

namespace strata::app {

std::string execAllowFile()
{
    std::filesystem::path folder;
    if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/')
        folder = config;
    else if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        folder = std::filesystem::path(home) / ".config";
    else
        return {};
    folder /= "strata";
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    return code ? std::string() : (folder / "allowed-programs").string();
}

std::shared_ptr<kube::ExecPlugins> headlessExecPlugins(bool allow)
{
    const auto list = std::make_shared<kube::ExecAllowList>(execAllowFile());
    if (!allow)
        return std::make_shared<kube::ExecPlugins>(
            list, kube::ExecPlugins::Ask(),
            translate("ExecPermission",
                      "“--allow-exec” allows it for this run; the window asks and remembers."));
    return std::make_shared<kube::ExecPlugins>(
        list, [](const kube::ExecQuestion&, const std::function<void(kube::ExecPlugins::Answer)>& answer) {
            answer(kube::ExecPlugins::Answer::Once);
        });
}

} // namespace strata::app
