// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace strata::ui {

// One line of plain text that is cut with "…" when there is no room; the whole text is its tooltip then.
class ElidedLabel : public QFrame {
    Q_OBJECT

public:
    explicit ElidedLabel(QWidget* parent = nullptr);
    explicit ElidedLabel(const QString& text, QWidget* parent = nullptr);

    QString text() const { return m_text; }
    void setText(const QString& text);
    void setMuted(bool muted);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QString m_text;
    bool m_muted = false;
};

} // namespace strata::ui
