// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/reviewtable.h"

#include "ui/widgets/celldelegate.h"

#include <QFrame>
#include <QHeaderView>
#include <QResizeEvent>

namespace strata::ui {

ReviewTable::ReviewTable(std::vector<int> percents, QWidget* parent)
    : QTreeWidget(parent), m_percents(std::move(percents))
{
    connect(header(), &QHeaderView::sectionResized, this, [this] { m_byHand = m_byHand || !m_sharing; });
}

void ReviewTable::resizeEvent(QResizeEvent* event)
{
    if (!m_byHand) {
        m_sharing = true;
        for (std::size_t i = 0; i + 1 < m_percents.size(); ++i) // the last one stretches
            setColumnWidth(int(i), viewport()->width() * m_percents[i] / 100);
    }
    QTreeWidget::resizeEvent(event);
    m_sharing = false;
}

QTreeWidget* reviewTable(const QStringList& columns, std::vector<int> percents, const QString& name,
                         bool nested)
{
    auto* view = new ReviewTable(std::move(percents));
    view->setColumnCount(int(columns.size()));
    view->setHeaderLabels(columns);
    view->setAccessibleName(name);
    view->setRootIsDecorated(nested);
    view->setUniformRowHeights(false);
    view->setAllColumnsShowFocus(true);
    view->setFrameShape(QFrame::NoFrame);
    view->setWordWrap(true);
    view->setItemDelegate(new CellDelegate(view, int(columns.size()) - 1));
    view->header()->setSectionResizeMode(QHeaderView::Interactive);
    view->header()->setStretchLastSection(true);
    view->header()->setSectionsMovable(false);
    return view;
}

QFrame* hairline(bool horizontal, QWidget* parent)
{
    auto* line = new QFrame(parent);
    line->setFrameShape(QFrame::NoFrame);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    if (horizontal)
        line->setFixedHeight(1);
    else
        line->setFixedWidth(1);
    return line;
}

} // namespace strata::ui
