// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QColor>
#include <QFont>
#include <QLabel>
#include <QStringList>

namespace strata::ui {

enum class TextRole { Text, Muted, Accent, Ok, Progressing, Unknown, Warning, Failed };

TextRole roleOf(stack::Health health);
QColor colorOf(TextRole role); // of the theme that is on now

// A label of plain text in one of the theme's roles and in a size relative to the program's font; follows
// both when they change. Text is only set when it differs, so that a selection in it survives updates.
class ThemedLabel : public QLabel {
    Q_OBJECT

public:
    explicit ThemedLabel(TextRole role, QWidget* parent = nullptr);
    ThemedLabel(const QString& text, TextRole role, QWidget* parent = nullptr);

    void setRole(TextRole role);
    void setLook(double factor, QFont::Weight weight);
    void showText(const QString& text);

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void applyLook();

    TextRole m_role;
    double m_factor = 1;
    QFont::Weight m_weight = QFont::Normal;
    bool m_applying = false;
};

// One line that ends with "…" (or has it in the middle) where there is no room, with the whole text as
// tooltip; or that says the same in fewer words there. Its text can be selected with the mouse or the
// keyboard and copied, always as a whole when it is shortened.
class ValueLabel : public ThemedLabel {
    Q_OBJECT

public:
    explicit ValueLabel(TextRole role, QWidget* parent = nullptr);

    void setElide(Qt::TextElideMode mode);
    // `shorter`: what is said instead where there is no room for the text, the longest first.
    void setFullText(const QString& text, const QString& hint = {}, const QStringList& shorter = {});
    const QString& fullText() const { return m_full; }
    bool isElided() const { return m_elided; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void fit();

    QString m_full;
    QString m_hint;
    QStringList m_shorter;
    Qt::TextElideMode m_mode = Qt::ElideRight;
    bool m_elided = false;
};

} // namespace strata::ui
