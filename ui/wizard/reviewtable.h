// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeWidget>

#include <vector>

class QFrame;

namespace strata::ui {

// Shares its width among the columns, until the operator sets one.
class ReviewTable : public QTreeWidget {
    Q_OBJECT

public:
    explicit ReviewTable(std::vector<int> percents, QWidget* parent = nullptr);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    std::vector<int> m_percents;
    bool m_sharing = true; // until the first layout
    bool m_byHand = false;
};

// Words wrap in the last column, which stretches. `nested`: rows have rows below them.
QTreeWidget* reviewTable(const QStringList& columns, std::vector<int> percents, const QString& name,
                         bool nested);

QFrame* hairline(bool horizontal, QWidget* parent); // a line between the parts of a window

} // namespace strata::ui
