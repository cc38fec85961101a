// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/seats.h"

#include <QHash>

namespace strata::ui {
namespace {

QHash<QString, const Seat*>& taken()
{
    static QHash<QString, const Seat*> all;
    return all;
}

} // namespace

Seat::Seat(QString place, QString by) : m_place(std::move(place)), m_by(std::move(by)) {}

std::unique_ptr<Seat> Seat::take(const QString& place, const QString& by)
{
    std::unique_ptr<Seat> seat(new Seat(place, by));
    taken().insert(place, seat.get());
    return seat;
}

QString Seat::holder(const QString& place)
{
    const Seat* seat = taken().value(place);
    return seat == nullptr ? QString() : seat->m_by;
}

Seat::~Seat()
{
    if (taken().value(m_place) == this)
        taken().remove(m_place);
}

} // namespace strata::ui
