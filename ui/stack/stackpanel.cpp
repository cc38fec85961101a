// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/stackpanel.h"

#include "ui/stack/selection.h"
#include "ui/stack/stackmodel.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/treeview.h"
#include "ui/theme/theme.h"
#include "ui/widgets/delegates.h"
#include "ui/widgets/roles.h"
#include "ui/widgets/searchfield.h"
#include "ui/widgets/text.h"
#include "ui/widgets/underlinetabs.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QJsonArray>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

namespace strata::ui {

using stack::Health;
using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::Tree;

namespace {

constexpr int kFilterDelayMs = 60;
constexpr int kMostAutoExpanded = 200;
constexpr int kMostFilterExpanded = 300;
constexpr int kFewRoots = 40; // more are left closed at first

constexpr std::array<const char*, stack::kTrees> kTreeNames = {"stack", "tenants", "hosts"};

// Icon, name, and the muted note behind it, elided first.
class NameDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Colors& c = colors();
        const bool isStale = index.data(StaleRole).toBool();
        const bool rightToLeft = option.direction == Qt::RightToLeft;
        const int height = option.fontMetrics.height();
        const int side = option.decorationSize.width() > 0 ? option.decorationSize.width() : 16;
        const int gap = qRound(height * 0.45);
        const auto place = [&](int x, int width) {
            const QRect rect(option.rect.left() + x, option.rect.top(), width, option.rect.height());
            return rightToLeft ? QStyle::visualRect(Qt::RightToLeft, option.rect, rect) : rect;
        };
        painter->save();
        const QIcon icon = index.data(Qt::DecorationRole).value<QIcon>();
        const QRect iconBox = place(1, side);
        if (isStale)
            painter->setOpacity(0.5);
        icon.paint(painter, QRect(iconBox.left(), iconBox.center().y() - side / 2 + 1, side, side));
        painter->setOpacity(1);
        int x = side + gap + 1;
        const QString name = index.data(Qt::DisplayRole).toString();
        const int room = option.rect.width() - x - 4;
        const QString cut = elidedName(option.fontMetrics, name, room);
        painter->setFont(option.font);
        painter->setPen(isStale ? c.muted : c.text);
        drawLine(painter, place(x, std::max(0, room)), cut, option.direction);
        x += option.fontMetrics.horizontalAdvance(cut) + gap;
        const QString note = index.data(NoteRole).toString();
        const int noteRoom = option.rect.width() - x - 4;
        if (!note.isEmpty() && noteRoom > height * 2) { // less would be three letters of it
            painter->setFont(Theme::smallFont());
            painter->setPen(c.muted);
            drawLine(painter, place(x, noteRoom), elided(painter->fontMetrics(), note, noteRoom),
                     option.direction);
        }
        painter->restore();
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        Q_UNUSED(index);
        const int height = option.fontMetrics.height();
        return {height * 8, qRound(height * 1.55)};
    }
};

} // namespace

class StackPanel::Private {
public:
    Private(StackPanel* panel, StackStore* stackStore, Selection* shared)
        : q(panel), store(stackStore), selection(shared), model(new StackModel(stackStore, systemNow, panel)),
          view(new TreeView(panel)), tabs(new UnderlineTabs(panel)), field(new SearchField(panel))
    {}

    StackPanel* q;
    StackStore* store;
    Selection* selection;
    StackModel* model;
    TreeView* view;
    UnderlineTabs* tabs;
    SearchField* field;
    QTimer filterDelay;
    std::array<std::unordered_set<ItemId>, stack::kTrees> expanded;
    std::array<std::set<std::string>, stack::kTrees> remembered; // keys of a saved state, not seen yet
    std::array<bool, stack::kTrees> visited{};
    std::unordered_set<ItemId> openedByFilter;
    bool touched = false;       // the operator took over: nothing opens by itself any more
    bool syncing = false;       // the current row follows, it does not lead
    bool filterOpening = false; // expansions of now are the filter's
    int autoExpanded = 0;

    std::size_t tree() const { return std::size_t(model->tree()); }

    const Item* item(const QModelIndex& index) const
    {
        const ItemId id = model->itemOf(index);
        return id ? store->stack().find(id) : nullptr;
    }

    Health below(const Item& of) const
    {
        return model->tree() == Tree::Tenants ? of.tenantBelow
               : model->tree() == Tree::Stack ? of.below
                                              : Health::Ok;
    }

    bool opensAtFirst(const Item& of) const
    {
        if (below(of) >= Health::Warning)
            return true;
        const int roots = model->rowCount();
        switch (of.kind) {
        case ItemKind::Host:
            return model->tree() == Tree::Stack && roots <= kFewRoots;
        case ItemKind::OuterNode:
            return roots <= kFewRoots;
        case ItemKind::TenantCluster:
            return roots <= kFewRoots / 2;
        case ItemKind::Placeholder:
            return roots <= kFewRoots;
        default:
            return false;
        }
    }

    // Opens rows `first` to `last` and what is below them as far as opensAtFirst() and a saved state say.
    void openAtFirst(const QModelIndex& parent, int first, int last)
    {
        for (int row = first; row <= last; ++row) {
            const QModelIndex index = model->index(row, 0, parent);
            const Item* of = item(index);
            if (of == nullptr)
                continue;
            bool open = view->isExpanded(index) || expanded[tree()].contains(of->id);
            if (!open && !remembered[tree()].empty() && remembered[tree()].erase(of->key) > 0)
                open = true;
            if (!open && !touched && autoExpanded < kMostAutoExpanded && opensAtFirst(*of)) {
                ++autoExpanded;
                open = true;
            }
            if (open) {
                if (!view->isExpanded(index))
                    view->expand(index);
                openAtFirst(index, 0, model->rowCount(index) - 1);
            }
        }
    }

    void applyFilter()
    {
        filterDelay.stop();
        const bool before = !model->filter().empty();
        Filter filter = Filter::parse(field->text());
        field->setHint(filter.hint());
        model->setFilter(std::move(filter));
        filterOpening = true;
        if (model->filter().empty()) {
            if (before) {
                for (const ItemId id : openedByFilter) {
                    if (!expanded[tree()].contains(id))
                        view->collapse(model->indexOf(id));
                }
                openedByFilter.clear();
                openAtFirst({}, 0, model->rowCount() - 1);
                filterOpening = false;
                follow();
            }
        } else {
            int left = kMostFilterExpanded;
            openMatches({}, left);
        }
        filterOpening = false;
        updateEmptyText();
    }

    // Opens the way to the matches, breadth by breadth, until enough rows are open.
    void openMatches(const QModelIndex& root, int& left)
    {
        std::vector<QModelIndex> level{root};
        while (!level.empty() && left > 0) {
            std::vector<QModelIndex> next;
            for (const QModelIndex& parent : level) {
                for (int row = 0; row < model->rowCount(parent) && left > 0; ++row) {
                    const QModelIndex index = model->index(row, 0, parent);
                    if (!model->itemOf(index) || model->isMatch(index) || !model->hasChildren(index))
                        continue;
                    if (!view->isExpanded(index)) {
                        openedByFilter.insert(model->itemOf(index));
                        view->expand(index);
                    }
                    --left;
                    next.push_back(index);
                }
            }
            level = std::move(next);
        }
    }

    void updateEmptyText()
    {
        if (!model->filter().empty())
            view->setEmptyText(StackPanel::tr("Nothing matches the filter."));
        else if (store->stack().sources().empty())
            view->setEmptyText(
                StackPanel::tr("Nothing is connected yet.\n\nConnect a cluster, enrol a host or open "
                               "the demo site."));
        else if (model->tree() == Tree::Hosts)
            view->setEmptyText(StackPanel::tr("No host is enrolled."));
        else if (model->tree() == Tree::Tenants)
            view->setEmptyText(StackPanel::tr("There is no tenant cluster."));
        else
            view->setEmptyText(StackPanel::tr("There is nothing here."));
    }

    // The row of the shared selection becomes the current one.
    void follow()
    {
        const ItemId id = selection->current();
        QModelIndex index = id ? model->indexOf(id) : QModelIndex();
        if (id && !index.isValid()) {
            for (const ItemId other : store->stack().related(id)) {
                index = model->indexOf(other);
                if (index.isValid())
                    break;
            }
        }
        if (index == view->currentIndex().siblingAtColumn(0) &&
            (!index.isValid() || view->selectionModel()->isSelected(index)))
            return;
        syncing = true;
        if (index.isValid()) {
            view->setCurrentIndex(index);
            view->scrollTo(index);
        } else if (view->selectionModel()->currentIndex().isValid() &&
                   model->sourceOf(view->currentIndex()) == 0) {
            view->selectionModel()->clear();
        }
        syncing = false;
    }

    void fitColumns()
    {
        const int height = q->fontMetrics().height();
        view->header()->resizeSection(StackModel::StateColumn, qRound(height * 2.8));
        view->header()->resizeSection(StackModel::CpuColumn, qRound(height * 3.6));
        view->header()->resizeSection(StackModel::MemoryColumn, qRound(height * 4.1));
    }

    void copy() const
    {
        const QModelIndexList rows = view->selectionModel()->selectedRows();
        if (!rows.isEmpty())
            QGuiApplication::clipboard()->setText(model->tsv(rows));
    }
};

StackPanel::StackPanel(StackStore* store, Selection* selection, QWidget* parent)
    : QWidget(parent), m_d(std::make_unique<Private>(this, store, selection))
{
    Private& d = *m_d;
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    d.tabs->addTab(tr("Stack"));
    d.tabs->addTab(tr("Tenants"));
    d.tabs->addTab(tr("Hosts"));
    d.tabs->setTabToolTip(0, tr("By what carries it: host › outer node › VM › inner node › workload"));
    d.tabs->setTabToolTip(1, tr("By tenant: cluster › control plane and pools › machine › VM"));
    d.tabs->setTabToolTip(2, tr("Hosts and their libvirt domains"));
    d.tabs->setAccessibleName(tr("Perspective"));
    d.field->setPlaceholderText(tr("Filter: checkout state:failed tenant:blue …"));
    d.field->edit()->setAccessibleName(tr("Filter of the tree"));
    d.field->edit()->setToolTip(plainToolTip(
        tr("Words and fields that must all hold:\nlayer:vm  state:failed  tenant:blue  node:outer-2\n"
           "kind:Deployment  ns:shop  name:web  health:warning,failed")));
    d.view->setModel(d.model);
    d.view->setAccessibleName(tr("Tree of the stack"));
    d.view->setItemDelegateForColumn(StackModel::NameColumn, new NameDelegate(d.view));
    d.view->setItemDelegateForColumn(StackModel::StateColumn, new StateDelegate(d.view));
    d.view->setItemDelegateForColumn(StackModel::CpuColumn, new BarDelegate(d.view));
    d.view->setItemDelegateForColumn(StackModel::MemoryColumn, new BarDelegate(d.view));
    QHeaderView* header = d.view->header();
    header->setMinimumSectionSize(24);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(StackModel::NameColumn, QHeaderView::Stretch);
    header->setSortIndicatorClearable(true);
    header->setSortIndicator(-1, Qt::AscendingOrder);
    d.view->setSortingEnabled(true);
    d.fitColumns();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(d.tabs);
    auto* fieldBox = new QVBoxLayout;
    fieldBox->setContentsMargins(12, 8, 12, 6);
    fieldBox->addWidget(d.field);
    layout->addLayout(fieldBox);
    layout->addWidget(d.view, 1);
    setFocusProxy(d.view);
    setTabOrder(d.tabs, d.field->edit());
    setTabOrder(d.field->edit(), d.view);

    d.filterDelay.setSingleShot(true);
    d.filterDelay.setInterval(kFilterDelayMs);
    connect(&d.filterDelay, &QTimer::timeout, this, [&d] { d.applyFilter(); });
    connect(d.field, &SearchField::textChanged, this, [&d] { d.filterDelay.start(); });
    connect(d.field, &SearchField::leaveWanted, this, [this, &d] {
        if (d.filterDelay.isActive())
            d.applyFilter();
        focusTree();
    });
    connect(d.tabs, &QTabBar::currentChanged, this,
            [this](int index) { setPerspective(static_cast<Tree>(std::max(0, index))); });

    connect(d.model, &StackModel::applying, this, [&d] {
        d.syncing = true;
        d.view->holdScroll();
    });
    connect(d.model, &StackModel::applied, this, [&d](bool structureChanged) {
        d.syncing = false;
        if (structureChanged) {
            // A problem may show up after the rows that lead to it.
            if (!d.touched && d.model->filter().empty() && d.autoExpanded < kMostAutoExpanded)
                d.openAtFirst({}, 0, d.model->rowCount() - 1);
            d.view->releaseScroll();
            d.updateEmptyText();
        }
        d.follow();
    });
    connect(d.model, &StackModel::ticked, this, [&d] { d.view->viewport()->update(); });
    connect(d.model, &QAbstractItemModel::rowsInserted, this,
            [&d](const QModelIndex& at, int first, int last) {
                if (!at.isValid() || d.view->isExpanded(at))
                    d.openAtFirst(at, first, last);
            });
    connect(d.view, &QTreeView::expanded, this, [&d](const QModelIndex& index) {
        if (!d.filterOpening)
            d.expanded[d.tree()].insert(d.model->itemOf(index));
        // What was open below it once is open again.
        if (d.model->filter().empty())
            d.openAtFirst(index, 0, d.model->rowCount(index) - 1);
    });
    connect(d.view, &QTreeView::collapsed, this, [&d](const QModelIndex& index) {
        if (!d.filterOpening) {
            d.touched = true; // what was closed stays closed
            d.expanded[d.tree()].erase(d.model->itemOf(index));
            d.openedByFilter.erase(d.model->itemOf(index));
        }
    });
    connect(d.view, &TreeView::touched, this, [&d] { d.touched = true; });
    connect(d.view, &TreeView::typed, this, [&d](const QString& text) {
        d.field->setFocus(Qt::OtherFocusReason);
        d.field->edit()->end(false);
        d.field->edit()->insert(text);
    });
    connect(d.view, &TreeView::copyWanted, this, [&d] { d.copy(); });
    connect(d.view, &TreeView::menuAsked, this, [this, &d](const QModelIndex& index, const QPoint& position) {
        if (const stack::SourceId source = d.model->sourceOf(index); source != 0) {
            auto* menu = new QMenu(this);
            menu->setAttribute(Qt::WA_DeleteOnClose);
            connect(menu->addAction(Theme::icon(QStringLiteral("refresh")), tr("Try again now")),
                    &QAction::triggered, this, [this, source] { Q_EMIT retryWanted(source); });
            connect(menu->addAction(Theme::icon(QStringLiteral("copy")), tr("Copy")), &QAction::triggered,
                    this, [&d] { d.copy(); });
            menu->popup(position);
        } else if (const ItemId id = d.model->itemOf(index)) {
            Q_EMIT menuWanted(id, position);
        }
    });
    connect(d.view, &QTreeView::activated, this, [this, &d](const QModelIndex& index) {
        if (const stack::SourceId source = d.model->sourceOf(index); source != 0)
            Q_EMIT retryWanted(source);
        else if (const ItemId id = d.model->itemOf(index))
            Q_EMIT activated(id);
    });
    connect(d.view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [&d](const QModelIndex& current) {
                if (!d.syncing && current.isValid() && d.model->itemOf(current))
                    d.selection->select(d.model->itemOf(current));
            });
    connect(d.view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &StackPanel::selectedItemsChanged);
    connect(selection, &Selection::changed, this, [&d] {
        // In the middle of a delta the rows are not there yet; the end of it follows.
        if (!d.syncing)
            d.follow();
    });
    connect(d.view->verticalScrollBar(), &QScrollBar::valueChanged, this, &StackPanel::shownChanged);
    connect(d.view->verticalScrollBar(), &QScrollBar::rangeChanged, this, &StackPanel::shownChanged);
    connect(d.view, &QTreeView::expanded, this, &StackPanel::shownChanged);
    connect(d.view, &QTreeView::collapsed, this, &StackPanel::shownChanged);
    connect(d.model, &QAbstractItemModel::modelReset, this, &StackPanel::shownChanged);
    connect(d.model, &StackModel::applied, this, [this](bool structureChanged) {
        if (structureChanged)
            Q_EMIT shownChanged();
    });
    connect(&Theme::instance(), &Theme::changed, this, [this, &d] {
        d.fitColumns();
        update();
    });

    d.visited[d.tree()] = true;
    d.openAtFirst({}, 0, d.model->rowCount() - 1);
    d.updateEmptyText();
    d.follow();
}

StackPanel::~StackPanel() = default;

Tree StackPanel::perspective() const
{
    return m_d->model->tree();
}

void StackPanel::setPerspective(Tree tree)
{
    Private& d = *m_d;
    if (d.model->tree() != tree) {
        d.syncing = true;
        d.openedByFilter.clear();
        d.model->setTree(tree);
        d.syncing = false;
        if (!d.visited[d.tree()]) {
            d.visited[d.tree()] = true;
            d.touched = false; // a place never seen opens as far as makes sense
            d.autoExpanded = 0;
        }
        d.openAtFirst({}, 0, d.model->rowCount() - 1);
        if (!d.model->filter().empty()) {
            d.filterOpening = true;
            int left = kMostFilterExpanded;
            d.openMatches({}, left);
            d.filterOpening = false;
        }
        d.updateEmptyText();
        d.follow();
    }
    d.tabs->setCurrentIndex(int(tree));
}

QString StackPanel::filter() const
{
    return m_d->field->text();
}

void StackPanel::setFilter(const QString& text)
{
    m_d->field->setText(text);
    m_d->applyFilter();
}

void StackPanel::focusFilter()
{
    m_d->field->setFocus(Qt::ShortcutFocusReason);
    m_d->field->edit()->selectAll();
}

void StackPanel::focusTree()
{
    if (!m_d->view->currentIndex().isValid() && m_d->model->rowCount() > 0) {
        m_d->syncing = true; // the focus alone selects nothing
        m_d->view->selectionModel()->setCurrentIndex(m_d->model->index(0, 0), QItemSelectionModel::NoUpdate);
        m_d->syncing = false;
    }
    m_d->view->setFocus(Qt::ShortcutFocusReason);
}

std::vector<ItemId> StackPanel::shownItems() const
{
    std::vector<ItemId> out;
    const TreeView* view = m_d->view;
    if (!isVisible())
        return out;
    const int height = view->viewport()->height();
    for (QModelIndex index = view->indexAt(QPoint(1, 1)); index.isValid(); index = view->indexBelow(index)) {
        if (view->visualRect(index).top() > height)
            break;
        if (const ItemId id = m_d->model->itemOf(index))
            out.push_back(id);
    }
    return out;
}

std::vector<ItemId> StackPanel::selectedItems() const
{
    std::vector<ItemId> out;
    const ItemId current = m_d->selection->current();
    for (const QModelIndex& row : m_d->view->selectionModel()->selectedRows()) {
        const ItemId id = m_d->model->itemOf(row);
        if (!id)
            continue;
        if (id == current)
            out.insert(out.begin(), id);
        else
            out.push_back(id);
    }
    return out;
}

QJsonObject StackPanel::saveState() const
{
    const Private& d = *m_d;
    QJsonObject state;
    state[QStringLiteral("perspective")] = QLatin1String(kTreeNames[d.tree()]);
    state[QStringLiteral("filter")] = d.field->text();
    QJsonArray widths;
    for (int column = StackModel::StateColumn; column < StackModel::kColumns; ++column)
        widths.append(d.view->header()->sectionSize(column));
    state[QStringLiteral("columns")] = widths;
    QJsonObject open;
    for (std::size_t tree = 0; tree < stack::kTrees; ++tree) {
        if (!d.visited[tree] && d.remembered[tree].empty())
            continue;
        std::set<std::string> keys = d.remembered[tree];
        for (const ItemId id : d.expanded[tree]) {
            if (const Item* item = d.store->stack().find(id))
                keys.insert(item->key);
        }
        QJsonArray list;
        for (const std::string& key : keys)
            list.append(QString::fromStdString(key));
        open[QLatin1String(kTreeNames[tree])] = list;
    }
    state[QStringLiteral("expanded")] = open;
    return state;
}

void StackPanel::restoreState(const QJsonObject& state)
{
    Private& d = *m_d;
    const QJsonArray widths = state[QStringLiteral("columns")].toArray();
    for (int i = 0; i < widths.size() && i + 1 < StackModel::kColumns; ++i) {
        if (const int width = widths[i].toInt(); width >= 24 && width <= 2000)
            d.view->header()->resizeSection(i + 1, width);
    }
    const QJsonObject open = state[QStringLiteral("expanded")].toObject();
    for (std::size_t tree = 0; tree < stack::kTrees; ++tree) {
        const QJsonValue list = open[QLatin1String(kTreeNames[tree])];
        if (!list.isArray())
            continue;
        d.remembered[tree].clear();
        for (const QJsonValue& key : list.toArray())
            d.remembered[tree].insert(key.toString().toStdString());
        d.visited[tree] = true;
        d.touched = true; // the saved state says what is open
        if (tree == d.tree()) {
            d.expanded[tree].clear();
            d.view->collapseAll();
            d.openAtFirst({}, 0, d.model->rowCount() - 1);
        }
    }
    const QString name = state[QStringLiteral("perspective")].toString();
    for (std::size_t tree = 0; tree < stack::kTrees; ++tree) {
        if (name == QLatin1String(kTreeNames[tree]))
            setPerspective(static_cast<Tree>(tree));
    }
    setFilter(state[QStringLiteral("filter")].toString());
}

} // namespace strata::ui
