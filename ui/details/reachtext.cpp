// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/reachtext.h"

#include <QCoreApplication>
#include <QStringList>

namespace strata::ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(Reach)
};

} // namespace

QString reachText(const stack::Reach& reach)
{
    const QString names[] = {Words::tr("name"), Words::tr("connection"), Words::tr("TLS"),
                             Words::tr("access"), Words::tr("ready")};
    QStringList parts;
    for (std::size_t i = 0; i < reach.size(); ++i) {
        const QChar mark(reach[i] == stack::ReachState::Good  ? 0x2713
                         : reach[i] == stack::ReachState::Bad ? 0x2717
                                                              : 0x2013);
        parts.push_back(names[i] + QLatin1Char(' ') + mark);
    }
    return parts.join(QStringLiteral(" · "));
}

} // namespace strata::ui
