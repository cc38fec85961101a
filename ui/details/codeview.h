// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>

namespace strata::ui {

// Read-only text with line numbers.
class CodeView : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit CodeView(QWidget* parent = nullptr);

    int numbersWidth() const;
    void paintNumbers(QPaintEvent* event);

Q_SIGNALS:
    void findWanted(); // Ctrl+F

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void restyle();
    void layOut();

    QWidget* m_numbers = nullptr;
};

} // namespace strata::ui
