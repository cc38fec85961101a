// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/command.h"

#include <algorithm>

namespace strata::ui {

using namespace stack;

QString shellQuoted(const QString& word)
{
    const auto plain = [](QChar c) {
        const ushort code = c.unicode();
        return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') ||
               QStringView(u"-_./:@%+=,").contains(c);
    };
    if (!word.isEmpty() && std::all_of(word.begin(), word.end(), plain))
        return word;
    QString inner = word;
    inner.replace(QLatin1Char('\''), QLatin1String("'\\''"));
    return QLatin1Char('\'') + inner + QLatin1Char('\'');
}

QString commandFor(const Stack& stack, ItemId id, const QString& access)
{
    const std::vector<ObjectRef> objects = stack.objects(id);
    if (objects.empty())
        return {};
    const ObjectRef& object = objects.front();
    const auto quoted = [](const std::string& word) { return shellQuoted(QString::fromStdString(word)); };
    const SourceState* source = stack.source(object.source);
    if (object.group == "libvirt") {
        const QString uri = source != nullptr ? QStringLiteral("virsh -c ") + quoted(source->address)
                                              : QStringLiteral("virsh");
        return object.resource == "domain" ? QStringLiteral("%1 dominfo %2").arg(uri, quoted(object.name))
                                           : uri + QStringLiteral(" nodeinfo");
    }
    QString kubectl = QStringLiteral("kubectl");
    if (!access.isEmpty())
        kubectl += QLatin1Char(' ') + access;
    if (source != nullptr && source->kind == SourceKind::InnerCluster) {
        const std::size_t slash = source->clusterKey.find('/');
        if (slash == std::string::npos)
            return {};
        kubectl =
            QStringLiteral("kubectl --kubeconfig <(%1 -n %2 get secret %3 -o jsonpath='{.data.value}' | "
                           "base64 -d)")
                .arg(kubectl, quoted(source->clusterKey.substr(0, slash)),
                     quoted(source->clusterKey.substr(slash + 1) + "-kubeconfig"));
    }
    if (!object.ns.empty())
        kubectl += QStringLiteral(" -n ") + quoted(object.ns);
    QString resource = QString::fromStdString(object.resource);
    if (!object.group.empty())
        resource += QLatin1Char('.') + QString::fromStdString(object.group);
    kubectl += QStringLiteral(" get ") + shellQuoted(resource);
    for (const ObjectRef& each : objects) { // a workload is several pods: all in one line
        if (each.resource == object.resource && each.source == object.source && each.ns == object.ns)
            kubectl += QLatin1Char(' ') + quoted(each.name);
    }
    return kubectl + QStringLiteral(" -o yaml");
}

} // namespace strata::ui
