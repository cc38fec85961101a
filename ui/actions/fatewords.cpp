// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/fatewords.h"

#include <QCoreApplication>

namespace strata::ui {

using diagnosis::Fate;
using stack::Health;

namespace {

struct FateWords {
    Q_DECLARE_TR_FUNCTIONS(FateWords)
};

} // namespace

Health healthOfFate(Fate fate)
{
    switch (fate) {
    case Fate::Migrates:
        return Health::Ok;
    case Fate::Restarts:
        return Health::Warning;
    case Fate::Stays:
    case Fate::NoRoom:
    case Fate::Blocks:
        return Health::Failed;
    }
    return Health::Unknown;
}

QString fateName(Fate fate)
{
    switch (fate) {
    case Fate::Migrates:
        return FateWords::tr("migrates");
    case Fate::Restarts:
        return FateWords::tr("restarts elsewhere");
    case Fate::Stays:
        return FateWords::tr("stays down");
    case Fate::NoRoom:
        return FateWords::tr("finds no room");
    case Fate::Blocks:
        return FateWords::tr("blocks the drain");
    }
    return {};
}

} // namespace strata::ui
