// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/recorder.h"

#include "ui/console/savetext.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QPointer>
#include <QToolButton>

namespace strata::ui {

Recorder::Recorder(QToolButton* button, QWidget* page) : QObject(page), m_button(button), m_page(page)
{
    button->setCheckable(true);
    connect(button, &QToolButton::clicked, this, [this] {
        m_button->setChecked(isOn());
        if (isOn()) {
            stop();
            return;
        }
        const QString name =
            QStringLiteral("%1-%2.cast")
                .arg(m_title, QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss")));
        askWhere(m_page, tr("Record what this terminal shows"), name,
                 [this](const QString& path) { start(path); });
    });
}

Recorder::~Recorder() = default;

void Recorder::setSize(console::TerminalSize size)
{
    if (size == m_size)
        return;
    m_size = size;
    if (m_recording)
        m_recording->resized(size.columns, size.rows);
}

void Recorder::output(std::string_view bytes)
{
    if (m_recording)
        m_recording->output(bytes);
}

void Recorder::mark(const QString& label)
{
    if (m_recording)
        m_recording->mark(label.toStdString());
}

bool Recorder::start(const QString& path)
{
    m_recording.reset();
    Result<std::unique_ptr<console::Recording>> made = console::Recording::start(
        path.toStdString(), m_size.columns, m_size.rows, m_title.toStdString(),
        [guard = QPointer<Recorder>(this)](const Error& error) {
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, error] {
                    if (!guard || !guard->isOn())
                        return;
                    guard->stop();
                    Q_EMIT guard->said(cleaned(error.text + " " + error.detail).trimmed());
                },
                Qt::QueuedConnection);
        });
    if (!made) {
        m_button->setChecked(false);
        Q_EMIT said(cleaned(made.error().text + " " + made.error().detail));
        return false;
    }
    m_recording = std::move(*made);
    m_path = path;
    m_button->setChecked(true);
    Q_EMIT said(tr("recording to %1; what is typed is not written, what is shown is").arg(path));
    Q_EMIT changed();
    return true;
}

void Recorder::stop()
{
    if (!m_recording)
        return;
    const qint64 bytes = qint64(m_recording->bytes());
    m_recording.reset();
    m_button->setChecked(false);
    Q_EMIT said(tr("recorded %1 to %2").arg(bytesText(bytes), m_path));
    Q_EMIT changed();
}

} // namespace strata::ui
