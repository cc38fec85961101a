// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/problemspanel.h"

#include "core/diagnosis/report.h"
#include "ui/settings/workspace.h"
#include "ui/shell/twolinedelegate.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/searchfield.h"
#include "ui/widgets/themedlabel.h"

#include <QAction>
#include <QApplication>
#include <QButtonGroup>
#include <QClipboard>
#include <QComboBox>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kFilterWidth = 190; // pixels, where there is room

constexpr int kLookEveryMs = 250;
constexpr int kIndent = 22;
constexpr qint64 kHour = 3600 * 1000;

// Rows in one colour from edge to edge.
class ProblemsView : public QTreeView {
public:
    using QTreeView::QTreeView;

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QTreeView::resizeEvent(event);
        scheduleDelayedItemsLayout(); // row heights follow the width
    }

    void drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                 const QModelIndex& index) const override
    {
        if (selectionModel()->isSelected(index))
            painter->fillRect(option.rect, colors().selection);
        QTreeView::drawRow(painter, option, index);
    }
};

bool sameChildren(const ProblemRow& a, const ProblemRow& b)
{
    return std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                      [](const ProblemChild& x, const ProblemChild& y) {
                          return x.item == y.item && (x.item || x.name == y.name);
                      });
}

} // namespace

ProblemModel::ProblemModel(QObject* parent) : QAbstractItemModel(parent) {}
ProblemModel::~ProblemModel() = default;

void ProblemModel::show(std::vector<ProblemRow> rows)
{
    for (int i = int(m_nodes.size()) - 1; i >= 0; --i) {
        const QString& key = m_nodes[std::size_t(i)]->row.key;
        if (std::none_of(rows.begin(), rows.end(), [&](const ProblemRow& row) { return row.key == key; })) {
            beginRemoveRows({}, i, i);
            m_nodes.erase(m_nodes.begin() + i);
            endRemoveRows();
        }
    }
    for (int i = 0; i < int(rows.size()); ++i) {
        ProblemRow& row = rows[std::size_t(i)];
        const auto found = std::find_if(m_nodes.begin() + i, m_nodes.end(),
                                        [&](const auto& known) { return known->row.key == row.key; });
        if (found == m_nodes.end()) {
            beginInsertRows({}, i, i);
            m_nodes.insert(m_nodes.begin() + i, std::make_unique<Node>(Node{std::move(row)}));
            endInsertRows();
            continue;
        }
        const int at = int(found - m_nodes.begin());
        if (at != i) {
            beginMoveRows({}, at, at, {}, i);
            std::rotate(m_nodes.begin() + i, found, found + 1);
            endMoveRows();
        }
        ProblemRow& known = m_nodes[std::size_t(i)]->row;
        if (known == row)
            continue;
        const QModelIndex place = index(i, 0);
        if (sameChildren(known, row)) {
            known = std::move(row);
            if (!known.children.empty())
                Q_EMIT dataChanged(index(0, 0, place), index(int(known.children.size()) - 1, 0, place));
        } else {
            // Where the lists part; what stands before stays.
            std::size_t same = 0;
            while (same < known.children.size() && same < row.children.size() &&
                   known.children[same].item == row.children[same].item)
                ++same;
            if (known.children.size() > same) {
                beginRemoveRows(place, int(same), int(known.children.size()) - 1);
                known.children.resize(same);
                endRemoveRows();
            }
            std::vector<ProblemChild> children = std::move(row.children);
            row.children = known.children;
            known = std::move(row);
            if (children.size() > same) {
                beginInsertRows(place, int(same), int(children.size()) - 1);
                known.children = std::move(children);
                endInsertRows();
            }
        }
        Q_EMIT dataChanged(place, place);
    }
}

const ProblemRow* ProblemModel::row(const QModelIndex& index) const
{
    if (!index.isValid())
        return nullptr;
    if (const auto* parent = static_cast<const Node*>(index.internalPointer()))
        return &parent->row;
    return index.row() < int(m_nodes.size()) ? &m_nodes[std::size_t(index.row())]->row : nullptr;
}

ItemId ProblemModel::item(const QModelIndex& index) const
{
    const ProblemRow* problem = row(index);
    if (problem == nullptr)
        return {};
    if (index.internalPointer() == nullptr)
        return problem->item;
    return index.row() < int(problem->children.size()) ? problem->children[std::size_t(index.row())].item
                                                       : ItemId{};
}

QModelIndex ProblemModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return parent.isValid() ? createIndex(row, column, m_nodes[std::size_t(parent.row())].get())
                            : createIndex(row, column, nullptr);
}

QModelIndex ProblemModel::parent(const QModelIndex& index) const
{
    const void* node = index.isValid() ? index.internalPointer() : nullptr;
    if (node == nullptr)
        return {};
    for (std::size_t i = 0; i < m_nodes.size(); ++i) {
        if (m_nodes[i].get() == node)
            return createIndex(int(i), 0, nullptr);
    }
    return {};
}

int ProblemModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return int(m_nodes.size());
    return parent.internalPointer() == nullptr ? int(m_nodes[std::size_t(parent.row())]->row.children.size())
                                               : 0;
}

int ProblemModel::columnCount(const QModelIndex&) const
{
    return 1;
}

QVariant ProblemModel::childData(const ProblemChild& child, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
        return child.name;
    case TwoLineDelegate::Note:
        return child.note;
    case TwoLineDelegate::Small:
        return true;
    case TwoLineDelegate::Health:
        return child.note.isEmpty() ? QVariant() : QVariant(static_cast<int>(child.health));
    case TwoLineDelegate::Kind:
        return child.note.isEmpty() ? QVariant() : QVariant(static_cast<int>(child.kind));
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2, %3").arg(Theme::healthName(child.health), child.name, child.note);
    default:
        return {};
    }
}

QVariant ProblemModel::data(const QModelIndex& index, int role) const
{
    const ProblemRow* found = row(index);
    if (found == nullptr)
        return {};
    if (index.internalPointer() != nullptr)
        return index.row() < int(found->children.size())
                   ? childData(found->children[std::size_t(index.row())], role)
                   : QVariant();
    switch (role) {
    case Qt::DisplayRole:
        return found->title;
    case TwoLineDelegate::Evidence:
        return found->evidence;
    case TwoLineDelegate::Aside:
        return found->aside;
    case TwoLineDelegate::Badge:
        return found->badge;
    case TwoLineDelegate::Health:
        return static_cast<int>(found->health);
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2. %3")
            .arg(Theme::healthName(found->health), found->title, found->evidence);
    case Qt::ToolTipRole: {
        QString html = found->hint.toHtmlEscaped();
        html.replace(QLatin1Char('\n'), QLatin1String("<br>"));
        return QStringLiteral("<p>%1</p>").arg(html);
    }
    default:
        return {};
    }
}

void ProblemsPanel::fitBar(int room)
{
    const int others = m_bar->sizeHint().width() - m_filter->width();
    m_filter->setFixedWidth(std::clamp(room - others, kFilterWidth / 3, kFilterWidth));
}

ProblemsPanel::ProblemsPanel(StackStore* store, Clock clock, Workspace* workspace, QWidget* parent)
    : QWidget(parent), m_store(store), m_clock(std::move(clock)), m_workspace(workspace)
{
    if (m_workspace != nullptr)
        m_snoozes = Snoozes::fromJson(m_workspace->panelState(QStringLiteral("problems")));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages);
    m_model = new ProblemModel(this);
    m_view = new ProblemsView(m_pages);
    m_view->setModel(m_model);
    m_view->setAccessibleName(tr("Problems"));
    m_view->setHeaderHidden(true);
    m_view->setIndentation(kIndent);
    m_view->setExpandsOnDoubleClick(false);
    m_view->setUniformRowHeights(false);
    m_view->setAnimated(false);
    setUpTwoLineRows(m_view);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_pages->addWidget(m_view);
    m_none = new ThemedLabel(TextRole::Muted, m_pages);
    m_none->setAlignment(Qt::AlignCenter);
    m_none->setWordWrap(true);
    m_pages->addWidget(m_none);
    connect(m_view, &QTreeView::clicked, this, &ProblemsPanel::go);
    connect(m_view, &QTreeView::activated, this, [this](const QModelIndex& index) {
        const ItemId id = m_model->item(index);
        if (id)
            Q_EMIT whyWanted(id);
        else
            go(index);
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, &ProblemsPanel::showMenu);
    auto* copy = new QAction(QCoreApplication::translate("Table", "Copy rows"), m_view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &ProblemsPanel::copyRows);
    m_view->addAction(copy);

    m_bar = new QWidget(this);
    m_bar->hide();
    auto* bar = new QHBoxLayout(m_bar);
    bar->setContentsMargins(0, 0, 0, 0);
    bar->setSpacing(4);
    m_views = new QButtonGroup(this);
    for (int i = 0; i < 4; ++i) {
        auto* button = new QToolButton(m_bar);
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setChecked(i == 0);
        m_views->addButton(button, i);
        bar->addWidget(button);
    }
    connect(m_views, &QButtonGroup::idClicked, this,
            [this](int view) { setProblemView(static_cast<ProblemView>(view)); });
    m_filter = new SearchField(m_bar);
    m_filter->setPlaceholderText(tr("Filter problems"));
    m_filter->edit()->setAccessibleName(tr("Filter problems"));
    m_filter->setFixedWidth(kFilterWidth);
    bar->addWidget(m_filter);
    connect(m_filter, &SearchField::textChanged, this, &ProblemsPanel::refresh);
    connect(m_filter, &SearchField::leaveWanted, this, [this] { m_view->setFocus(Qt::ShortcutFocusReason); });

    m_later.setSingleShot(true);
    m_later.setInterval(kLookEveryMs);
    connect(&m_later, &QTimer::timeout, this, &ProblemsPanel::look);
    const auto later = [this] {
        m_stale = true;
        if (!m_later.isActive())
            m_later.start();
    };
    connect(store, &StackStore::findingsChanged, this, later);
    connect(store, &StackStore::changed, this, [later](const StackDelta& delta) {
        if (!delta.sources.empty())
            later();
    });
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, [this] {
        if (isVisible() || m_snoozes.size() > 0)
            refresh(); // ages tick, snoozes end
    });
    m_second.start();
    look();
}

void ProblemsPanel::look()
{
    if (m_stale) {
        m_problems = m_store->diagnosis().problems(m_store->stack());
        m_stale = false;
        if (const auto notice =
                m_notices.look(m_problems, m_snoozes, m_store->stack().sources().size(), m_clock()))
            Q_EMIT newProblem(notice->title, notice->text, notice->item);
    }
    refresh();
}

void ProblemsPanel::refresh()
{
    const Stack& stack = m_store->stack();
    const UnixMs now = m_clock();
    const auto& cleared = m_store->diagnosis().cleared();
    const bool expired = m_snoozes.expire(now, [&](const QString& key) {
        const std::string wanted = key.toStdString();
        const bool went = std::any_of(cleared.begin(), cleared.end(), [&](const diagnosis::Cleared& each) {
            return each.finding.key == wanted;
        });
        return went &&
               std::none_of(m_problems.begin(), m_problems.end(),
                            [&](const diagnosis::Problem& problem) { return problem.root.key == wanted; });
    });
    if (expired)
        keep();
    m_counts = countProblems(m_store->diagnosis(), m_problems, m_snoozes, now);
    m_model->show(
        problemRows(stack, m_store->diagnosis(), m_problems, m_snoozes, m_shown, m_filter->text(), now));

    const std::array<std::pair<QString, int>, 4> views = {{{tr("Open"), m_counts.open},
                                                           {tr("Snoozed"), m_counts.snoozed},
                                                           {tr("Notes"), m_counts.notes},
                                                           {tr("Cleared"), m_counts.cleared}}};
    for (std::size_t i = 0; i < views.size(); ++i) {
        QAbstractButton* button = m_views->button(int(i));
        const QString text = views[i].second > 0
                                 ? QStringLiteral("%1 %2").arg(views[i].first).arg(views[i].second)
                                 : views[i].first;
        if (button->text() != text)
            button->setText(text);
        // What is empty is not offered, but for what is shown now.
        button->setVisible(i == 0 || views[i].second > 0 || int(i) == static_cast<int>(m_shown));
    }
    m_pages->setCurrentIndex(m_model->rowCount() > 0 ? 0 : 1);
    QString none;
    if (!m_filter->text().isEmpty())
        none = tr("Nothing here matches the filter.");
    else if (m_shown == ProblemView::Snoozed)
        none = tr("Nothing is snoozed.");
    else if (m_shown == ProblemView::Notes)
        none = tr("There is nothing to note.");
    else if (m_shown == ProblemView::Cleared)
        none = tr("Nothing has cleared since Strata was started.");
    else if (stack.sources().empty())
        none = tr("Nothing is connected, so nothing is known.");
    else
        none = m_counts.snoozed > 0 ? tr("No open problems; some are snoozed.")
                                    : tr("No problems: all that is known is healthy.");
    m_none->showText(none);
    if (m_said != m_counts.open) {
        m_said = m_counts.open;
        Q_EMIT countChanged(m_said);
    }
}

void ProblemsPanel::setProblemView(ProblemView view)
{
    m_shown = view;
    m_views->button(static_cast<int>(view))->setChecked(true);
    refresh();
}

void ProblemsPanel::go(const QModelIndex& index)
{
    const ProblemRow* problem = m_model->row(index);
    if (problem == nullptr)
        return;
    if (const ItemId id = m_model->item(index))
        Q_EMIT itemWanted(id);
    else if (problem->source != 0)
        Q_EMIT sourceWanted(problem->source);
}

void ProblemsPanel::keep()
{
    if (m_workspace != nullptr)
        m_workspace->setPanelState(QStringLiteral("problems"), m_snoozes.toJson());
}

void ProblemsPanel::snooze(const QString& key, qint64 until, const QString& note)
{
    m_snoozes.put(key, {until, m_clock(), note});
    keep();
    refresh();
}

void ProblemsPanel::wake(const QString& key)
{
    m_snoozes.wake(key);
    keep();
    refresh();
}

void ProblemsPanel::askSnooze(const QString& key, const QString& title)
{
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Snooze a problem"));
    auto* layout = new QVBoxLayout(dialog);
    auto* what = new ThemedLabel(title, TextRole::Text, dialog);
    what->setWordWrap(true);
    what->setLook(1, QFont::DemiBold);
    layout->addWidget(what);
    auto* form = new QFormLayout;
    auto* span = new QComboBox(dialog);
    span->addItem(tr("1 hour"), 1);
    span->addItem(tr("8 hours"), 8);
    span->addItem(tr("1 day"), 24);
    span->addItem(tr("7 days"), 24 * 7);
    span->addItem(tr("until it clears"), 0);
    form->addRow(tr("&For"), span);
    auto* note = new QLineEdit(dialog);
    note->setMaxLength(300);
    note->setPlaceholderText(tr("why, or who takes care of it"));
    form->addRow(tr("&Note"), note);
    layout->addLayout(form);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, dialog);
    buttons->addButton(tr("Snooze"), QDialogButtonBox::AcceptRole);
    layout->addWidget(buttons);
    dialog->setMinimumWidth(420);
    connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(dialog, &QDialog::accepted, this, [this, key, span, note] {
        const qint64 hours = span->currentData().toLongLong();
        snooze(key, hours == 0 ? 0 : m_clock() + hours * kHour, note->text().trimmed());
    });
    note->setFocus();
    dialog->open();
}

void ProblemsPanel::showMenu(const QPoint& at)
{
    const QModelIndex index = m_view->indexAt(at);
    const ProblemRow* problem = m_model->row(index);
    if (problem == nullptr)
        return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const ItemId id = m_model->item(index);
    const QString key = problem->key;
    const QString title = problem->title;
    if (id) {
        connect(menu->addAction(Theme::icon(QStringLiteral("why")), tr("Why?")), &QAction::triggered, this,
                [this, id] { Q_EMIT whyWanted(id); });
        connect(menu->addAction(tr("Go to it")), &QAction::triggered, this,
                [this, id] { Q_EMIT itemWanted(id); });
        menu->addSeparator();
    }
    if (m_shown == ProblemView::Open) {
        connect(menu->addAction(Theme::icon(QStringLiteral("time")), tr("Snooze for 1 hour")),
                &QAction::triggered, this, [this, key] { snooze(key, m_clock() + kHour, {}); });
        connect(menu->addAction(tr("Snooze…")), &QAction::triggered, this,
                [this, key, title] { askSnooze(key, title); });
        menu->addSeparator();
    } else if (m_shown == ProblemView::Snoozed) {
        connect(menu->addAction(tr("Wake")), &QAction::triggered, this, [this, key] { wake(key); });
        connect(menu->addAction(tr("Snooze again…")), &QAction::triggered, this,
                [this, key, title] { askSnooze(key, title); });
        menu->addSeparator();
    }
    menu->addAction(m_view->actions().constFirst()); // Copy rows
    connect(menu->addAction(tr("Copy all problems as a report")), &QAction::triggered, this, [this] {
        QApplication::clipboard()->setText(
            QString::fromStdString(diagnosis::problemsText(m_store->stack(), m_problems, m_clock())));
    });
    menu->popup(m_view->viewport()->mapToGlobal(at));
}

void ProblemsPanel::copyRows()
{
    QStringList lines;
    for (const QModelIndex& row : m_view->selectionModel()->selectedIndexes()) {
        QStringList cells{row.data().toString()};
        for (const int role :
             {int(TwoLineDelegate::Evidence), int(TwoLineDelegate::Note), int(TwoLineDelegate::Aside)}) {
            if (const QString text = row.data(role).toString(); !text.isEmpty())
                cells << text;
        }
        lines << cells.join(QLatin1Char('\t'));
    }
    if (!lines.isEmpty())
        QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

} // namespace strata::ui
