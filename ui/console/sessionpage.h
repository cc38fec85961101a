// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets/basepane.h"

#include <QIcon>
#include <QString>

namespace strata::ui {

// One tab with something open in it.
class SessionPage : public BasePane {
    Q_OBJECT

public:
    enum class State { Connecting, Open, Ended };

    SessionPage(QString key, QString title, QWidget* parent = nullptr)
        : BasePane(parent), m_key(std::move(key)), m_title(std::move(title))
    {}

    // What it is open on: the same thing is not opened twice, its tab is shown again.
    const QString& key() const { return m_key; }
    const QString& title() const { return m_title; }
    State state() const { return m_state; }
    bool hasNews() const { return m_news; } // something came while nobody looked
    void seen();
    virtual QString iconName() const = 0;
    virtual QString kindName() const { return {}; } // "Serial console": which of several on one machine it is
    virtual void enter() = 0;                       // gives the keyboard to what it shows

Q_SIGNALS:
    void changed(); // state, title or news
    void leaveWanted();
    void closeWanted();

protected:
    void setState(State state);
    void setTitle(const QString& title);
    void noteNews();

private:
    QString m_key;
    QString m_title;
    State m_state = State::Connecting;
    bool m_news = false;
};

} // namespace strata::ui
