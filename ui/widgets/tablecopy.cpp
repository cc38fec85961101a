// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tablecopy.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QKeySequence>
#include <QStringList>

#include <algorithm>

namespace strata::ui {
namespace {

QString asTsv(const QAbstractItemView* view)
{
    const QAbstractItemModel* model = view->model();
    if (model == nullptr)
        return {};
    std::vector<int> rows;
    for (const QModelIndex& index : view->selectionModel()->selectedRows())
        rows.push_back(index.row());
    if (rows.empty()) {
        for (int row = 0; row < model->rowCount(); ++row)
            rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    const auto cell = [](const QVariant& value) {
        QString text = value.toString();
        text.replace(QLatin1Char('\t'), QLatin1Char(' '));
        text.replace(QLatin1Char('\n'), QLatin1Char(' '));
        return text;
    };
    QStringList lines;
    if (rows.size() > 1) {
        QStringList head;
        for (int column = 0; column < model->columnCount(); ++column)
            head << cell(model->headerData(column, Qt::Horizontal));
        lines << head.join(QLatin1Char('\t'));
    }
    for (const int row : rows) {
        QStringList cells;
        for (int column = 0; column < model->columnCount(); ++column)
            cells << cell(model->index(row, column).data());
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace

void installTableCopy(QAbstractItemView* view)
{
    auto* copy = new QAction(QCoreApplication::translate("Table", "Copy rows"), view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QAction::triggered, view,
                     [view] { QApplication::clipboard()->setText(asTsv(view)); });
    view->addAction(copy);
    view->setContextMenuPolicy(Qt::ActionsContextMenu);
}

} // namespace strata::ui
