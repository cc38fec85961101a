// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/tenantaccess.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/api.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace strata::provision {

namespace {

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("provision", text), values);
}

} // namespace

Result<kube::ClusterConfig> tenantConfig(const Secret& kubeconfig, const std::string& ns,
                                         const std::string& cluster)
{
    auto parsed =
        kube::Kubeconfig::parse(kubeconfig.reveal(), "secret " + ns + "/" + cluster + "-kubeconfig", {});
    if (!parsed)
        return tl::unexpected(parsed.error());
    return parsed->resolve();
}

KubeconfigFetch::KubeconfigFetch(const std::shared_ptr<kube::Client>& client, const std::string& ns,
                                 const std::string& cluster, std::function<void(Result<Secret>)> done)
{
    const kube::ResourceId secrets{{}, "v1", "secrets", true};
    m_handle = client->send(
        getRequest(secrets, ns, cluster + "-kubeconfig"),
        [ns, cluster, done = std::move(done)](Result<kube::Response> answer) {
            if (!answer) {
                done(tl::unexpected(answer.error()));
                return;
            }
            const auto object = objectFromJson(answer->body);
            std::string yaml;
            if (!object || !base64Decode(object->text("data.value").value_or(""), yaml) || yaml.empty()) {
                done(fail(ErrorKind::Protocol,
                          say("The secret %1/%2-kubeconfig holds no kubeconfig.", {ns, cluster})));
                return;
            }
            Secret secret(std::move(yaml));
            if (const auto config = tenantConfig(secret, ns, cluster); !config)
                done(tl::unexpected(config.error()));
            else
                done(std::move(secret));
        });
}

Result<void> saveSecretFile(const std::string& path, const Secret& content)
{
    std::string next = path + ".XXXXXX";
    const int file = ::mkstemp(next.data()); // mode 0600
    bool good = file >= 0;
    std::size_t done = 0;
    const std::string& text = content.reveal();
    while (good && done < text.size()) {
        const ssize_t count = ::write(file, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR)
            continue;
        good = count > 0;
        done += good ? static_cast<std::size_t>(count) : 0;
    }
    good = good && ::fsync(file) == 0;
    int why = errno;
    if (file >= 0)
        ::close(file);
    if (good && ::rename(next.c_str(), path.c_str()) != 0) {
        good = false;
        why = errno;
    }
    if (good)
        return {};
    if (file >= 0)
        ::unlink(next.c_str());
    return fail(ErrorKind::Io, say("%1 cannot be written.", {path}), std::strerror(why));
}

} // namespace strata::provision
