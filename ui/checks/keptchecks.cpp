// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/checks/keptchecks.h"

#include "ui/settings/workspace.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace strata::ui {
namespace {

QString place()
{
    return QStringLiteral("hostChecks");
}

} // namespace

std::map<std::string, checks::KeptHost> KeptChecks::all() const
{
    std::map<std::string, checks::KeptHost> out;
    const QJsonObject kept = m_workspace->panelState(place());
    for (auto it = kept.begin(); it != kept.end(); ++it) {
        const QByteArray report = QJsonDocument(it.value().toObject()).toJson(QJsonDocument::Compact);
        if (auto read = checks::readKept(report.toStdString()))
            out.merge(*read);
    }
    return out;
}

void KeptChecks::keep(const QByteArray& report, bool onlyNew)
{
    const QJsonObject whole = QJsonDocument::fromJson(report).object();
    QJsonObject kept = m_workspace->panelState(place());
    const QJsonArray hosts = whole.value(QLatin1String("hosts")).toArray();
    for (const QJsonValue& value : hosts) {
        const QJsonObject host = value.toObject();
        const QString name = host.value(QLatin1String("name")).toString();
        if (name.isEmpty() || (onlyNew && kept.contains(name)))
            continue;
        // Its verdicts, not its hardware: the file is read at every start.
        QJsonArray verdicts;
        const QJsonArray checks = host.value(QLatin1String("checks")).toArray();
        for (const QJsonValue& each : checks) {
            const QJsonObject check = each.toObject();
            QJsonObject verdict;
            for (const char* key : {"id", "verdict", "value"})
                verdict.insert(QLatin1String(key), check.value(QLatin1String(key)));
            verdicts.append(verdict);
        }
        QJsonObject one;
        one.insert(QStringLiteral("name"), name);
        one.insert(QStringLiteral("checks"), verdicts);
        QJsonObject single;
        single.insert(QStringLiteral("profile"), whole.value(QLatin1String("profile")));
        single.insert(QStringLiteral("hosts"), QJsonArray{one});
        kept.insert(name, single);
    }
    m_workspace->setPanelState(place(), kept);
}

} // namespace strata::ui
