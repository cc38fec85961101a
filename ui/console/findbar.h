// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace strata::ui {

class SearchField;

// A line to search in what stands above it. Esc closes it.
class FindBar : public QFrame {
    Q_OBJECT

public:
    explicit FindBar(QWidget* parent = nullptr);
    QString text() const;
    void setText(const QString& text);
    void open();
    void setFound(bool found); // says so when nothing was

Q_SIGNALS:
    void findWanted(const QString& text, bool backwards);
    void textEdited(const QString& text); // search anew, from the end
    void closed();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    SearchField* m_field = nullptr;
};

} // namespace strata::ui
