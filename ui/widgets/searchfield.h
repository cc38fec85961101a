// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;

namespace strata::ui {

// A line edit with a lens and a clear button. Esc clears it first and leaves it then; Down and Return go on
// to what it filters. A hint below says what is wrong with its text.
class SearchField : public QWidget {
    Q_OBJECT

public:
    explicit SearchField(QWidget* parent = nullptr);

    QString text() const;
    void setText(const QString& text);
    void setPlaceholderText(const QString& text);
    void setHint(const QString& text); // empty: none
    QString hint() const;
    QLineEdit* edit() const { return m_edit; }

Q_SIGNALS:
    void textChanged(const QString& text);
    void leaveWanted(); // Down, Return, or Esc in an empty field

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLineEdit* m_edit;
    QLabel* m_hint;
};

} // namespace strata::ui
