// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/commandpalette.h"

#include "ui/details/page.h"
#include "ui/shell/paletteindex.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/themedlabel.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr std::size_t kMostItems = 40;
constexpr int kMostActions = 12;
constexpr int kMostRowsSeen = 12;
constexpr int kRowHeight = 28;

QString plain(const QString& text)
{
    QString out = text;
    out.remove(QLatin1Char('&'));
    return out;
}

class RowDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {200, std::max(kRowHeight, option.fontMetrics.height() + 10)};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const Colors& c = colors();
        const QRect all = option.rect.adjusted(4, 1, -4, -1);
        if (option.state.testFlag(QStyle::State_Selected) || option.state.testFlag(QStyle::State_MouseOver)) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(option.state.testFlag(QStyle::State_Selected) ? c.selection : c.hover);
            painter->drawRoundedRect(all, 5, 5);
        }
        const auto placed = [&](const QRect& place) {
            return QStyle::visualRect(option.direction, option.rect, place);
        };
        const QFontMetrics& metrics = option.fontMetrics;
        int left = all.left() + 8;
        int right = all.right() - 8;
        const QIcon icon = index.data(Qt::DecorationRole).value<QIcon>();
        icon.paint(painter, placed(QRect(left, all.center().y() - 8, 16, 16)));
        left += 26;
        const QString shortcut = index.data(Qt::UserRole + 1).toString();
        painter->setFont(option.font);
        painter->setPen(c.muted);
        if (!shortcut.isEmpty()) {
            const int width = metrics.horizontalAdvance(shortcut);
            painter->drawText(placed(QRect(right - width, all.top(), width, all.height())), Qt::AlignVCenter,
                              shortcut);
            right -= width + 12;
        }
        const QIcon health = index.data(Qt::UserRole + 2).value<QIcon>();
        if (!health.isNull()) {
            health.paint(painter, placed(QRect(right - 16, all.center().y() - 8, 16, 16)));
            right -= 26;
        }
        const QString title = metrics.elidedText(index.data().toString(), Qt::ElideRight, right - left);
        painter->setPen(c.text);
        painter->drawText(placed(QRect(left, all.top(), right - left, all.height())),
                          Qt::AlignVCenter | Qt::AlignLeading, title);
        left += metrics.horizontalAdvance(title) + 10;
        if (right - left > metrics.averageCharWidth() * 4) {
            painter->setPen(c.muted);
            painter->drawText(
                placed(QRect(left, all.top(), right - left, all.height())),
                Qt::AlignVCenter | Qt::AlignLeading,
                metrics.elidedText(index.data(Qt::UserRole).toString(), Qt::ElideRight, right - left));
        }
        painter->restore();
    }
};

} // namespace

class CommandPalette::Model : public QAbstractListModel {
public:
    using QAbstractListModel::QAbstractListModel;

    void show(std::vector<PaletteRow> rows)
    {
        beginResetModel(); // a new question has a new answer: nothing is selected in it but the first
        m_rows = std::move(rows);
        endResetModel();
    }
    const PaletteRow* row(int at) const
    {
        return at >= 0 && at < rowCount() ? &m_rows[std::size_t(at)] : nullptr;
    }
    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_rows.size());
    }
    QVariant data(const QModelIndex& index, int role) const override
    {
        const PaletteRow* found = row(index.row());
        if (found == nullptr)
            return {};
        switch (role) {
        case Qt::DisplayRole:
            return found->title;
        case Qt::DecorationRole:
            return found->icon;
        case Qt::UserRole:
            return found->note;
        case Qt::UserRole + 1:
            return found->shortcut;
        case Qt::UserRole + 2:
            return found->health == stack::Health::Ok ? QVariant() : QVariant(healthIcon(found->health));
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1, %2").arg(found->title, found->note);
        default:
            return {};
        }
    }

private:
    std::vector<PaletteRow> m_rows;
};

CommandPalette::CommandPalette(StackStore* store, QLineEdit* field, QWidget* window)
    : QFrame(window), m_store(store), m_field(field), m_window(window)
{
    hide();
    setAccessibleName(tr("Commands and objects"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 6, 2, 6);
    layout->setSpacing(2);
    m_index = new PaletteIndex(store, this);
    m_model = new Model(this);
    m_view = new QListView(this);
    m_view->setModel(m_model);
    m_view->setItemDelegate(new RowDelegate(m_view));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setFocusPolicy(Qt::NoFocus);
    m_view->setUniformItemSizes(true);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->viewport()->setAttribute(Qt::WA_Hover);
    m_view->setMouseTracking(true);
    m_view->setAccessibleName(accessibleName());
    layout->addWidget(m_view);
    m_hint = new ThemedLabel(TextRole::Muted, this);
    m_hint->setContentsMargins(12, 4, 12, 4);
    layout->addWidget(m_hint);
    connect(m_view, &QListView::clicked, this, [this](const QModelIndex& index) { choose(index.row()); });
    connect(field, &QLineEdit::textEdited, this, [this] { open(); });
    connect(store, &StackStore::changed, this, [this](const stack::StackDelta& delta) {
        if (isVisible() && !delta.removed.empty())
            search(); // a row must not lead to what is gone
    });
    field->installEventFilter(this);
    window->installEventFilter(this);
}

CommandPalette::~CommandPalette() = default;

void CommandPalette::setActions(const QList<QAction*>& actions)
{
    m_actions = actions;
}

void CommandPalette::open()
{
    search();
    place();
    if (!isVisible()) {
        show();
        raise();
    }
}

void CommandPalette::search()
{
    const QString query = m_field->text().trimmed();
    std::vector<PaletteRow> rows;
    const FuzzyText wanted = fuzzyText(query);
    std::vector<std::pair<int, QAction*>> actions;
    for (QAction* action : m_actions) {
        if (!action->isEnabled() || !action->isVisible() || action->isSeparator())
            continue;
        const int score = query.isEmpty() ? 1 : fuzzyScore(wanted, fuzzyText(plain(action->text())));
        if (score > 0)
            actions.emplace_back(score, action);
    }
    std::stable_sort(actions.begin(), actions.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    const std::vector<PaletteIndex::Hit> hits = m_index->search(query, kMostItems);
    const auto rowOf = [this](const PaletteIndex::Hit& hit) {
        PaletteRow row;
        const stack::Item* item = m_store->stack().find(hit.item);
        row.item = hit.item;
        row.title = QString::fromStdString(item->name);
        QStringList note{kindName(item->kind)};
        if (!item->tenant.empty() && item->kind != stack::ItemKind::TenantCluster)
            note << QString::fromStdString(item->tenant);
        if (!item->ns.empty())
            note << QString::fromStdString(item->ns);
        row.note = note.join(QStringLiteral(" · "));
        row.icon = Theme::layerIcon(item->kind);
        row.health = item->health;
        return row;
    };
    // Both lists are sorted: merge them by score, a few actions at most.
    std::size_t nextHit = 0;
    int shownActions = 0;
    for (const auto& [score, action] : actions) {
        if (!query.isEmpty() && shownActions == kMostActions)
            break;
        while (nextHit < hits.size() && hits[nextHit].score > score)
            rows.push_back(rowOf(hits[nextHit++]));
        PaletteRow row;
        row.action = action;
        row.title = plain(action->text());
        row.note = action->statusTip();
        row.shortcut = action->shortcut().toString(QKeySequence::NativeText);
        row.icon =
            action->icon().isNull() ? Theme::icon(QStringLiteral("play"), colors().muted) : action->icon();
        rows.push_back(std::move(row));
        ++shownActions;
    }
    while (nextHit < hits.size())
        rows.push_back(rowOf(hits[nextHit++]));
    m_hint->setVisible(rows.empty() || query.isEmpty());
    m_hint->showText(rows.empty() ? tr("Nothing is called like this.")
                                  : tr("Type the name of anything: hosts, nodes, VMs, clusters, workloads."));
    m_model->show(std::move(rows));
    m_view->setVisible(m_model->rowCount() > 0);
    if (m_model->rowCount() > 0)
        m_view->setCurrentIndex(m_model->index(0));
    place();
}

void CommandPalette::place()
{
    const int shownRows = std::min(m_model->rowCount(), kMostRowsSeen);
    const int rowHeight = std::max(kRowHeight, m_view->fontMetrics().height() + 10);
    int height =
        12 + shownRows * rowHeight + (m_hint->isVisibleTo(this) ? m_hint->sizeHint().height() + 4 : 0);
    const QPoint below = m_field->mapTo(m_window, QPoint(0, m_field->height() + 4));
    const int width = std::min(std::max(m_field->width(), 460), m_window->width() - 24);
    int left = below.x() + m_field->width() - width;
    left = std::clamp(left, 12, std::max(12, m_window->width() - width - 12));
    height = std::min(height, m_window->height() - below.y() - 24);
    setGeometry(left, below.y(), width, std::max(height, 40));
}

int CommandPalette::rows() const
{
    return m_model->rowCount();
}

void CommandPalette::choose(int row)
{
    const PaletteRow* found = m_model->row(row);
    if (found == nullptr)
        return;
    const PaletteRow chosen = *found;
    m_field->clear();
    closeList();
    if (chosen.action != nullptr)
        chosen.action->trigger();
    else
        Q_EMIT itemChosen(chosen.item);
}

void CommandPalette::closeList()
{
    if (!isVisible())
        return;
    hide();
    Q_EMIT closed();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_window && event->type() == QEvent::Resize && isVisible())
        place();
    if (watched != m_field)
        return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut) {
        if (static_cast<QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason)
            hide();
    } else if (event->type() == QEvent::MouseButtonPress) {
        open();
    } else if (event->type() == QEvent::ShortcutOverride &&
               static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept(); // ours, not the window's "back"
        return true;
    } else if (event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        const int last = m_model->rowCount() - 1;
        const int current = m_view->currentIndex().row();
        const auto go = [&](int row) {
            if (!isVisible())
                open();
            else
                m_view->setCurrentIndex(m_model->index(std::clamp(row, 0, std::max(last, 0))));
        };
        switch (key->key()) {
        case Qt::Key_Down:
            go(current + 1);
            return true;
        case Qt::Key_Up:
            go(current - 1);
            return true;
        case Qt::Key_PageDown:
            go(current + kMostRowsSeen);
            return true;
        case Qt::Key_PageUp:
            go(current - kMostRowsSeen);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (isVisible())
                choose(current);
            else
                open();
            return true;
        case Qt::Key_Escape:
            if (!m_field->text().isEmpty()) {
                m_field->clear();
                search();
            } else {
                hide();
                Q_EMIT closed();
            }
            return true;
        default:
            break;
        }
    }
    return QFrame::eventFilter(watched, event);
}

void CommandPalette::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), colors().base);
    painter.setPen(colors().border);
    painter.setBrush(colors().base);
    painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
}

} // namespace strata::ui
