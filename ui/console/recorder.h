// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/asciicast.h"
#include "core/console/session.h"

#include <QObject>
#include <QString>

#include <memory>

class QToolButton;
class QWidget;

namespace strata::ui {

// The record button of a terminal: asks where to, then writes what is shown (asciicast v2) until it is
// pressed again or the tab goes. What is typed is not written, only what comes back.
class Recorder : public QObject {
    Q_OBJECT

public:
    Recorder(QToolButton* button, QWidget* page);
    ~Recorder() override;

    void setTitle(const QString& title) { m_title = title; }
    void setSize(console::TerminalSize size);
    void output(std::string_view bytes);
    void mark(const QString& label);
    bool isOn() const { return m_recording != nullptr; }
    const QString& path() const { return m_path; }
    bool start(const QString& path); // without asking
    void stop();

Q_SIGNALS:
    void said(const QString& words); // begun, ended and why
    void changed();

private:
    QToolButton* m_button;
    QWidget* m_page;
    QString m_title;
    QString m_path;
    console::TerminalSize m_size;
    std::unique_ptr<console::Recording> m_recording;
};

} // namespace strata::ui
