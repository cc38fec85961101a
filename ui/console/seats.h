// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>

namespace strata::ui {

// Where only one can sit at a time, and the newcomer displaces the other without a word (KubeVirt's serial
// line): who of this program sits there, so that none of our own tabs throws another out unasked. GUI thread.
class Seat {
public:
    // Takes it, whoever had it: they hear of it by their session's end.
    static std::unique_ptr<Seat> take(const QString& place, const QString& by);
    static QString holder(const QString& place); // empty: nobody of us
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

private:
    Seat(QString place, QString by);
    QString m_place;
    QString m_by;
};

} // namespace strata::ui
