// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

namespace strata::ui {

// The pages of a wizard at its left, each with how it stands. One tab stop; up and down move, Return goes.
class StepList : public QWidget {
    Q_OBJECT

public:
    enum class Mark { Open, Done, Wrong };
    struct Entry {
        QString title;
        QString note; // muted below the title
        Mark mark = Mark::Open;
        bool reachable = true;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    explicit StepList(QWidget* parent = nullptr);
    void setEntries(std::vector<Entry> entries);
    const std::vector<Entry>& entries() const { return m_entries; }
    void setCurrent(int index);
    int current() const { return m_current; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void wanted(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    QRect rectOf(int index) const;
    int indexAt(const QPoint& at) const;

    std::vector<Entry> m_entries;
    int m_current = 0;
    int m_hover = -1;
    int m_focused = 0;
};

} // namespace strata::ui
