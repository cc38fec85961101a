// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/stratachart.h"

#include "core/base/timestamp.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratalayout.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/elidedlabel.h"
#include "ui/widgets/layername.h"
#include "ui/widgets/text.h"

#include <QAccessible>
#include <QActionGroup>
#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QStyle>
#include <QToolButton>
#include <QToolTip>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace strata::ui {

QString cellText(const QFontMetrics& metrics, const QString& text, int room)
{
    const int letter = std::max(1, metrics.averageCharWidth());
    if (room >= letter * 9)
        return elided(metrics, text, room);
    // A guess first: measuring every length would cost more than the drawing.
    QString cut = text.left(std::max(0, room) * 3 / (2 * letter) + 2);
    while (!cut.isEmpty() && metrics.horizontalAdvance(cut) > room)
        cut.chop(1);
    return cut;
}

using stack::Health;
using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::Layer;
using stack::Tree;

namespace {

constexpr std::size_t kRows = 5;
constexpr double kNarrowest = 1e-7; // of the whole site
constexpr std::array<const char*, 5> kWidthNames = {"memory-allocated", "memory-used", "cpu-allocated",
                                                    "cpu-used", "pods"};
constexpr std::array<const char*, 5> kColourNames = {"health", "tenant", "usage", "version", "age"};

QColor mixed(const QColor& a, const QColor& b, double share)
{
    const auto mix = [share](int x, int y) { return int(std::lround(x + (y - x) * share)); };
    return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

// A colour of its own for a name, the same in every run.
QColor colourOfName(std::string_view name, bool dark)
{
    if (name.empty())
        return dark ? QColor(0x3b, 0x42, 0x4a) : QColor(0xde, 0xe2, 0xe6);
    // A name that is a colour's looks like it; any other hue would mislead.
    struct Hue {
        std::string_view name;
        float degrees;
    };
    static constexpr std::array<Hue, 12> kHues = {{{"red", 2},
                                                   {"orange", 28},
                                                   {"amber", 40},
                                                   {"ochre", 40},
                                                   {"yellow", 52},
                                                   {"green", 135},
                                                   {"teal", 175},
                                                   {"cyan", 190},
                                                   {"blue", 212},
                                                   {"violet", 262},
                                                   {"purple", 280},
                                                   {"pink", 330}}};
    for (const Hue& hue : kHues) {
        if (name == hue.name)
            return QColor::fromHslF(hue.degrees / 360.0F, dark ? 0.42F : 0.7F, dark ? 0.27F : 0.83F);
    }
    std::uint32_t hash = 2166136261U;
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    hash ^= hash >> 15U;
    hash *= 0x2c1b3c6dU;
    hash ^= hash >> 12U;
    return QColor::fromHslF(float(hash % 360U) / 360.0F, dark ? 0.38F : 0.62F, dark ? 0.26F : 0.83F);
}

bool isIdleHost(const Item& item)
{
    return item.kind == ItemKind::Host && item.childrenIn(Tree::Stack).empty();
}

bool isUnder(const stack::Stack& stack, const Item& item, ItemId ancestor)
{
    int steps = 0;
    for (ItemId at = item.parentIn(Tree::Stack); at && steps < 16; ++steps) {
        if (at == ancestor)
            return true;
        const Item* up = stack.find(at);
        at = up != nullptr ? up->parentIn(Tree::Stack) : ItemId{};
    }
    return false;
}

} // namespace

class StrataChart::Private {
public:
    class Canvas;

    Private(StrataChart* chart, StackStore* stackStore, Selection* shared)
        : q(chart), store(stackStore), selection(shared), layout(stackStore->stack())
    {}

    StrataChart* q;
    StackStore* store;
    Selection* selection;
    StrataLayout layout;
    Width widthBy = Width::MemoryAllocated;
    Colour colourBy = Colour::Health;
    StrataWindow window;
    std::vector<StrataGhost> ghosts;
    ItemId zoomed;
    Canvas* canvas = nullptr;
    QToolButton* widthButton = nullptr;
    QToolButton* colourButton = nullptr;
    ElidedLabel* counts = nullptr;
    QWidget* crumbs = nullptr;
    QHBoxLayout* crumbLayout = nullptr;
    std::vector<ItemId> crumbPath;
    std::unordered_set<ItemId> marked;

    StrataWidth by() const { return static_cast<StrataWidth>(widthBy); }

    static QString widthText(Width width)
    {
        switch (width) {
        case Width::MemoryAllocated:
            return StrataChart::tr("memory allocated");
        case Width::MemoryUsed:
            return StrataChart::tr("memory used");
        case Width::CpuAllocated:
            return StrataChart::tr("CPU allocated");
        case Width::CpuUsed:
            return StrataChart::tr("CPU used");
        case Width::Pods:
            return StrataChart::tr("pods");
        }
        return {};
    }

    static QString colourText(Colour colour)
    {
        switch (colour) {
        case Colour::Health:
            return StrataChart::tr("health");
        case Colour::Tenant:
            return StrataChart::tr("tenant");
        case Colour::Usage:
            return StrataChart::tr("usage");
        case Colour::Version:
            return StrataChart::tr("version");
        case Colour::Age:
            return StrataChart::tr("age");
        }
        return {};
    }

    QString countText() const
    {
        const stack::Stack& stack = store->stack();
        int hosts = 0;
        int joined = 0;
        int pods = 0;
        for (const ItemId id : stack.roots(Tree::Stack)) {
            const Item* item = stack.find(id);
            if (item == nullptr)
                continue;
            pods += item->pods;
            if (item->kind == ItemKind::Host) {
                ++hosts;
                joined += item->childrenIn(Tree::Stack).empty() ? 0 : 1;
            }
        }
        QStringList parts;
        if (hosts > 0)
            parts.append(joined == hosts ? StrataChart::tr("%n hosts", nullptr, hosts)
                                         : StrataChart::tr("%1 of %n hosts", nullptr, hosts).arg(joined));
        const auto add = [&](ItemKind kind, const QString& text) {
            if (stack.count(kind) > 0)
                parts.append(text);
        };
        add(ItemKind::OuterNode,
            StrataChart::tr("%n outer nodes", nullptr, int(stack.count(ItemKind::OuterNode))));
        add(ItemKind::Vm, StrataChart::tr("%n VMs", nullptr, int(stack.count(ItemKind::Vm))));
        add(ItemKind::InnerNode,
            StrataChart::tr("%n inner nodes", nullptr, int(stack.count(ItemKind::InnerNode))));
        if (pods > 0)
            parts.append(StrataChart::tr("%n pods", nullptr, pods));
        return parts.join(StrataChart::tr(" · "));
    }

    QString lineOf(const Item& item) const
    {
        QStringList parts;
        parts.append(item.ns.empty() ? shown(item.name) : shown(item.ns) + u'/' + shown(item.name));
        parts.append(item.state.empty() ? Theme::healthName(item.health) : shown(item.state));
        if (!item.tenant.empty() && colourBy == Colour::Tenant)
            parts.append(shown(item.tenant));
        if (!item.version.empty() && colourBy == Colour::Version)
            parts.append(shown(item.version));
        if (item.created > 0 && colourBy == Colour::Age)
            parts.append(
                StrataChart::tr("age %1").arg(QString::fromStdString(formatAge(systemNow() - item.created))));
        const bool cpu = widthBy == Width::CpuAllocated || widthBy == Width::CpuUsed;
        const QString usage =
            cpu ? usageText(item.used.cpuMilli, item.allocated.cpuMilli, item.capacity.cpuMilli, coresText)
                : usageText(item.used.memoryBytes, item.allocated.memoryBytes, item.capacity.memoryBytes,
                            bytesText);
        if (!usage.isEmpty())
            parts.append(usage);
        if (item.pods > 0 && item.kind != ItemKind::Workload)
            parts.append(StrataChart::tr("%n pods", nullptr, item.pods));
        if (!item.reason.empty())
            parts.append(shown(item.reason));
        return parts.join(StrataChart::tr(" · "));
    }

    QColor colourOf(const StrataCell& cell, const Item* item) const
    {
        const Colors& c = colors();
        const auto health = std::size_t(cell.health);
        const QColor calm = c.layerSoft[std::size_t(cell.layer)];
        if (item == nullptr || item->kind == ItemKind::Placeholder || colourBy == Colour::Health)
            return cell.health == Health::Ok ? calm : c.healthCell[health];
        switch (colourBy) {
        case Colour::Health:
            break;
        case Colour::Tenant:
            return colourOfName(item->tenant, c.dark);
        case Colour::Version:
            return colourOfName(item->version, c.dark);
        case Colour::Usage: {
            const bool cpu = widthBy == Width::CpuAllocated || widthBy == Width::CpuUsed;
            const Usage usage =
                cpu ? usageOf(item->used.cpuMilli, item->allocated.cpuMilli, item->capacity.cpuMilli)
                    : usageOf(item->used.memoryBytes, item->allocated.memoryBytes,
                              item->capacity.memoryBytes);
            if (usage.used < 0)
                return c.healthCell[std::size_t(Health::Unknown)];
            if (usage.used >= 0.9)
                return c.healthCell[std::size_t(usage.used >= 0.98 ? Health::Failed : Health::Warning)];
            return mixed(c.barTrack, c.healthCell[std::size_t(Health::Progressing)],
                         std::min(1.0, usage.used));
        }
        case Colour::Age: {
            if (item->created <= 0)
                return c.healthCell[std::size_t(Health::Unknown)];
            // From an hour (full colour) to a hundred days (nearly none), evenly by factors.
            const double hours = std::max(1.0, double(systemNow() - item->created) / 3600000.0);
            return mixed(c.healthCell[std::size_t(Health::Progressing)], c.barTrack,
                         std::min(1.0, std::log10(hours) / std::log10(2400.0)));
        }
        }
        return calm;
    }

    void setWindow(double from, double to);
    void refresh(); // new cells, repaint of what differs
    void setZoom(ItemId id);
    void showCrumbs();
    void describe();
};

// The drawing area: row labels at the left, cells at the right.
class StrataChart::Private::Canvas : public QWidget {
public:
    Canvas(Private* owner, QWidget* parent) : QWidget(parent), d(owner)
    {
        setFocusPolicy(Qt::StrongFocus);
        setMouseTracking(true);
        setAttribute(Qt::WA_OpaquePaintEvent);
        setAccessibleName(StrataChart::tr("Strata: the stack as layers"));
    }

    Private* d;
    std::vector<StrataCell> cells;
    std::array<std::vector<std::size_t>, kRows> rows; // indices of cells by layer, left to right
    std::optional<std::size_t> hover;
    std::unordered_map<QRgb, QBrush> hatches;
    QPoint pressedAt;
    double pressedFrom = 0;
    double pressedTo = 1;
    bool dragging = false;
    bool pressed = false;

    int label = 0; // width of the rows' labels; 0: none, there is no room
    QRect box;     // the cells' area

    int labelWidth() const { return label; }
    QRect area() const { return box; }

    // Measured once, not a cell: after a change of size, font, words or direction.
    void measure()
    {
        int widest = 0;
        const QFontMetrics metrics(Theme::smallFont());
        for (std::size_t row = 0; row < kRows; ++row)
            widest = std::max(widest, metrics.horizontalAdvance(layerName(Layer(row))));
        label = width() < widest * 5 ? 0 : widest + 26;
        // Mirrored layouts have the labels at the right.
        const QRect wanted(label == 0 ? 8 : label, 4, width() - (label == 0 ? 16 : label + 12),
                           height() - 10);
        box = layoutDirection() == Qt::RightToLeft ? QStyle::visualRect(Qt::RightToLeft, rect(), wanted)
                                                   : wanted;
    }

    void changeEvent(QEvent* event) override
    {
        QWidget::changeEvent(event);
        if (event->type() == QEvent::FontChange || event->type() == QEvent::LayoutDirectionChange ||
            event->type() == QEvent::StyleChange || event->type() == QEvent::LanguageChange) {
            d->refresh();
            update();
        }
    }

    double pitch() const { return std::max(4.0, area().height() / double(kRows)); }

    QRectF rectOf(const StrataCell& cell) const
    {
        const double height = pitch();
        const double top = box.top() + height * double(kRows - 1 - std::size_t(cell.layer));
        const double gap = height > 14 ? 3 : 1;
        double x = cell.x;
        if (layoutDirection() == Qt::RightToLeft)
            x = box.width() - cell.x - cell.width;
        return {box.left() + x, top, cell.width, height - gap};
    }

    // Within the area, a little over its edges: a cell that goes on outside shows no end there.
    QRectF clipped(const QRectF& rect) const
    {
        return {QPointF(std::max(rect.left(), box.left() - 8.0), rect.top()),
                QPointF(std::min(rect.right(), box.right() + 9.0), rect.bottom())};
    }

    std::optional<std::size_t> cellAt(const QPointF& position) const
    {
        if (!box.contains(position.toPoint()))
            return std::nullopt;
        const auto row = int((position.y() - box.top()) / pitch());
        if (row < 0 || row >= int(kRows))
            return std::nullopt;
        double x = position.x() - box.left();
        if (layoutDirection() == Qt::RightToLeft)
            x = box.width() - x;
        const auto& line = rows[kRows - 1 - std::size_t(row)];
        const auto after =
            std::upper_bound(line.begin(), line.end(), x,
                             [this](double value, std::size_t index) { return value < cells[index].x; });
        if (after == line.begin())
            return std::nullopt;
        const std::size_t index = *(after - 1);
        // The gap belongs to the cell before it, so that there is no dead spot between two.
        return x < cells[index].x + cells[index].width + 2 ? std::optional(index) : std::nullopt;
    }

    void setCells(std::vector<StrataCell> fresh)
    {
        if (fresh.size() == cells.size()) {
            for (std::size_t i = 0; i < cells.size(); ++i) {
                if (cells[i] != fresh[i]) {
                    update(clipped(rectOf(cells[i])).toAlignedRect().adjusted(-2, -2, 2, 2));
                    update(clipped(rectOf(fresh[i])).toAlignedRect().adjusted(-2, -2, 2, 2));
                }
            }
        } else {
            update();
        }
        cells = std::move(fresh);
        for (auto& row : rows)
            row.clear();
        for (std::size_t i = 0; i < cells.size(); ++i)
            rows[std::size_t(cells[i].layer)].push_back(i);
        for (auto& row : rows)
            std::sort(row.begin(), row.end(),
                      [this](std::size_t a, std::size_t b) { return cells[a].x < cells[b].x; });
        hover.reset();
    }

    void updateItems(const std::vector<ItemId>& ids)
    {
        for (const StrataCell& cell : cells) {
            if (cell.id && std::find(ids.begin(), ids.end(), cell.id) != ids.end())
                update(clipped(rectOf(cell)).toAlignedRect().adjusted(-2, -2, 2, 2));
        }
    }

    QSize sizeHint() const override { return {600, int(kRows) * qRound(fontMetrics().height() * 1.9) + 12}; }
    QSize minimumSizeHint() const override
    {
        return {120, int(kRows) * qRound(fontMetrics().height() * 0.9) + 12};
    }

protected:
    // Behind the last VM of its node, as far as there is room to draw it.
    void paintGhosts(QPainter& painter, const QFontMetrics& metrics)
    {
        if (d->ghosts.empty())
            return;
        const Colors& c = colors();
        for (const StrataCell& node : cells) {
            if (!node.id || node.layer != Layer::OuterK8s)
                continue;
            double from = node.x;
            bool asked = false;
            for (const StrataGhost& ghost : d->ghosts) {
                if (ghost.node != node.id)
                    continue;
                if (!asked) {
                    asked = true;
                    for (const StrataCell& cell : cells) {
                        if (cell.layer == Layer::Vm && cell.x >= node.x - 1 && cell.x < node.x + node.width)
                            from = std::max(from, cell.x + cell.width + 2);
                    }
                }
                const bool cpu = d->widthBy == Width::CpuAllocated || d->widthBy == Width::CpuUsed;
                const double share = d->widthBy == Width::Pods ? 0.03 : cpu ? ghost.cpu : ghost.memory;
                StrataCell place;
                place.layer = Layer::Vm;
                place.x = from;
                place.width = std::min(std::max(share * node.width, 4.0), node.x + node.width - from);
                from += place.width + 2;
                const QRectF rect = clipped(rectOf(place));
                if (place.width < 3 || rect.width() < 3)
                    continue;
                QColor soft = c.accent;
                soft.setAlphaF(0.14F);
                painter.setBrush(soft);
                painter.setPen(QPen(c.accent, 1.2, Qt::DashLine));
                painter.drawRoundedRect(rect.adjusted(0.6, 0.6, -0.6, -0.6), 3, 3);
                const int room = int(rect.width()) - 8;
                if (room > metrics.averageCharWidth() * 3) {
                    painter.setPen(c.accent);
                    painter.drawText(rect.adjusted(4, 0, -4, 0), Qt::AlignCenter,
                                     elided(metrics, ghost.name, room));
                }
            }
        }
    }

    void paintEvent(QPaintEvent* event) override
    {
        const Colors& c = colors();
        const stack::Stack& stack = d->store->stack();
        QPainter painter(this);
        painter.fillRect(event->rect(), c.base);
        const double height = pitch();
        const bool rightToLeft = layoutDirection() == Qt::RightToLeft;
        if (label > 0) {
            painter.setFont(Theme::smallFont());
            painter.setPen(c.text);
            for (std::size_t row = 0; row < kRows; ++row) {
                const QRectF rect(rightToLeft ? width() - label : 14,
                                  box.top() + height * double(kRows - 1 - row), label - 20, height - 3);
                painter.drawText(rect, int(Qt::AlignVCenter | Qt::AlignLeading), layerName(Layer(row)));
            }
        }
        painter.setFont(Theme::smallFont());
        const QFontMetrics metrics = painter.fontMetrics();
        if (cells.empty()) {
            painter.setPen(c.muted);
            painter.drawText(box, Qt::AlignCenter,
                             d->store->stack().sources().empty()
                                 ? StrataChart::tr("Nothing is connected yet.")
                                 : StrataChart::tr("Reading the stack …"));
            return;
        }
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setClipRect(box.adjusted(-3, -3, 3, 3));
        const ItemId current = d->selection->current();
        const std::vector<ItemId> path = current ? stack.path(current) : std::vector<ItemId>{};
        const QRectF dirty = QRectF(event->rect()).adjusted(-3, -3, 3, 3);
        std::vector<QRectF> outlines;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const StrataCell& cell = cells[i];
            const QRectF rect = clipped(rectOf(cell));
            if (!rect.intersects(dirty) || rect.width() <= 0)
                continue;
            const Item* item = cell.id ? stack.find(cell.id) : nullptr;
            const QColor fill = d->colourOf(cell, item);
            // Hatched, too: a host that carries nothing yet.
            const bool placeholder =
                item != nullptr && (item->kind == ItemKind::Placeholder || isIdleHost(*item));
            const bool small = rect.width() < 6;
            painter.setPen(Qt::NoPen);
            if (cell.more > 0 || placeholder || small) {
                // On whole pixels: there may be thousands of them.
                const int left = qRound(rect.left());
                const QRect whole(left, qRound(rect.top()), std::max(1, qRound(rect.right()) - left),
                                  qRound(rect.height()));
                painter.setRenderHint(QPainter::Antialiasing, false);
                painter.fillRect(whole, placeholder ? mixed(fill, c.base, 0.6) : fill);
                if (cell.more > 0 || placeholder)
                    painter.fillRect(whole, hatch(mixed(fill, c.text, c.dark ? 0.35 : 0.3)));
                painter.setRenderHint(QPainter::Antialiasing);
            } else {
                painter.setBrush(fill);
                painter.drawRoundedRect(rect, 3, 3);
            }
            const bool onPath = item != nullptr && current &&
                                (std::find(path.begin(), path.end(), cell.id) != path.end() ||
                                 isUnder(stack, *item, current));
            if (hover == i && !onPath) {
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(c.muted, 1));
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
            }
            if (onPath)
                outlines.push_back(rect);
            if (item != nullptr && !d->marked.empty() && d->marked.contains(cell.id)) {
                const QColor line = c.healthFill[static_cast<std::size_t>(Health::Failed)];
                painter.setRenderHint(QPainter::Antialiasing, false);
                painter.fillRect(rect, hatch(line));
                painter.setRenderHint(QPainter::Antialiasing);
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(line, 1));
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
            }
            paintText(painter, metrics, cell, item, rect, fill);
        }
        paintGhosts(painter, metrics);
        // Above all fills, so that a neighbour does not cut a line.
        painter.setBrush(Qt::NoBrush);
        for (const QRectF& rect : outlines) {
            painter.setPen(QPen(c.accent, rect.width() < 8 ? 1.2 : 2));
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        }
        if (hasFocus() && current) {
            for (const StrataCell& cell : cells) {
                if (cell.id != current)
                    continue;
                const QRectF rect = clipped(rectOf(cell));
                painter.setPen(QPen(c.text, 1, Qt::DotLine));
                painter.drawRoundedRect(rect.adjusted(3, 3, -3, -3), 2, 2);
            }
        }
    }

    // A tile of diagonal lines; far cheaper than a pattern brush.
    const QBrush& hatch(const QColor& line)
    {
        auto found = hatches.find(line.rgb());
        if (found == hatches.end()) {
            QImage tile(8, 8, QImage::Format_ARGB32_Premultiplied);
            tile.fill(Qt::transparent);
            for (int i = 0; i < 8; ++i)
                tile.setPixel(i, 7 - i, line.rgb());
            found = hatches.emplace(line.rgb(), QBrush(tile)).first;
        }
        return found->second;
    }

    void paintText(QPainter& painter, const QFontMetrics& metrics, const StrataCell& cell, const Item* item,
                   const QRectF& rect, const QColor& fill) const
    {
        const Colors& c = colors();
        const QRectF inside = rect.intersected(QRectF(area())).adjusted(6, 0, -4, 0);
        if (rect.height() < metrics.height() - 2)
            return;
        qreal right = inside.right();
        const Health worst = item != nullptr ? item->worst() : cell.health;
        // A shape besides the colour, where there is room; a worse state above it is marked, too.
        if (worst > Health::Progressing && inside.width() > 16 && (item == nullptr || cell.more == 0)) {
            const qreal side = std::min(10.0, rect.height() * 0.45);
            if (cell.health > Health::Progressing) {
                const QRectF shape(right - side, rect.center().y() - side / 2, side, side);
                Theme::paintHealth(&painter, shape, cell.health, cell.health);
                right -= side + 4;
            }
        }
        const int room = int(right - inside.left());
        if (room < metrics.averageCharWidth() * 2)
            return;
        QString text;
        if (item != nullptr)
            text = shown(item->name);
        else
            text = StrataChart::tr("%n more", nullptr, cell.more);
        constexpr int slack = 3; // of the margin, where that spares a letter
        text = cellText(metrics, text, room + slack);
        const QRectF line(inside.left(), rect.top(), room + slack, rect.height());
        if (cell.more > 0 ||
            (item != nullptr && (item->kind == ItemKind::Placeholder || isIdleHost(*item)))) {
            // A quiet ground keeps words readable on hatching.
            const QRectF ground(line.left() - 3, line.center().y() - metrics.height() / 2.0,
                                std::min(metrics.horizontalAdvance(text), room) + 6, metrics.height());
            painter.fillRect(ground, cell.more > 0 ? fill : mixed(fill, c.base, 0.6));
        }
        painter.setPen(c.text);
        painter.save();
        painter.setClipRect(line, Qt::IntersectClip);
        drawLine(&painter, line, text, layoutDirection());
        painter.restore();
    }

    void resizeEvent(QResizeEvent* event) override
    {
        QWidget::resizeEvent(event);
        d->refresh();
        update();
    }

    // --- mouse
    // -------------------------------------------------------------------------------------------------
    double unitAt(double x) const
    {
        double share = (x - box.left()) / std::max(1, box.width());
        if (layoutDirection() == Qt::RightToLeft)
            share = 1 - share;
        return d->window.from + share * (d->window.to - d->window.from);
    }

    void zoomAt(double x, double factor)
    {
        const double at = unitAt(x);
        const double span = std::clamp((d->window.to - d->window.from) * factor, kNarrowest, 1.0);
        const double share = (at - d->window.from) / (d->window.to - d->window.from);
        const double from = at - share * span;
        d->zoomed = {};
        d->setWindow(from, from + span);
    }

    void wheelEvent(QWheelEvent* event) override
    {
        const QPoint pixels = event->pixelDelta();
        const QPoint angle = event->angleDelta();
        const bool sideways =
            std::abs(angle.x()) > std::abs(angle.y()) || (event->modifiers() & Qt::ShiftModifier) != 0;
        if (sideways) {
            const double step = (angle.x() != 0 ? angle.x() : angle.y()) / 120.0;
            const double by = -step * 0.1 * (d->window.to - d->window.from);
            d->zoomed = {};
            d->setWindow(d->window.from + by, d->window.to + by);
        } else {
            const double steps = !pixels.isNull() ? pixels.y() / 60.0 : angle.y() / 120.0;
            zoomAt(event->position().x(), std::pow(0.8, steps));
        }
        event->accept();
    }

    void mousePressEvent(QMouseEvent* event) override
    {
        if (event->button() != Qt::LeftButton)
            return;
        pressed = true;
        dragging = false;
        pressedAt = event->pos();
        pressedFrom = d->window.from;
        pressedTo = d->window.to;
    }

    void mouseMoveEvent(QMouseEvent* event) override
    {
        if (pressed && (dragging || (event->pos() - pressedAt).manhattanLength() > 6)) {
            dragging = true;
            double moved = double(event->pos().x() - pressedAt.x()) / std::max(1, area().width());
            if (layoutDirection() == Qt::RightToLeft)
                moved = -moved;
            const double by = -moved * (pressedTo - pressedFrom);
            if (pressedTo - pressedFrom < 1) {
                setCursor(Qt::ClosedHandCursor);
                d->zoomed = {};
                d->setWindow(pressedFrom + by, pressedTo + by);
            }
            return;
        }
        const auto now = cellAt(event->position());
        if (now != hover) {
            const auto before = hover;
            hover = now;
            for (const auto& index : {before, now}) {
                if (index && *index < cells.size())
                    update(clipped(rectOf(cells[*index])).toAlignedRect().adjusted(-2, -2, 2, 2));
            }
        }
    }

    void mouseReleaseEvent(QMouseEvent* event) override
    {
        unsetCursor();
        if (event->button() != Qt::LeftButton || !pressed)
            return;
        pressed = false;
        if (dragging)
            return;
        const auto index = cellAt(event->position());
        if (index && cells[*index].id)
            d->selection->select(cells[*index].id);
    }

    void mouseDoubleClickEvent(QMouseEvent* event) override
    {
        const auto index = cellAt(event->position());
        if (!index) {
            d->q->zoomTo({});
            return;
        }
        const StrataCell cell = cells[*index];
        if (cell.id) {
            d->q->zoomTo(cell.id);
        } else { // into what is merged
            const double span = (d->window.to - d->window.from) / std::max(1.0, d->window.pixels);
            d->zoomed = {};
            d->setWindow(d->window.from + cell.x * span, d->window.from + (cell.x + cell.width) * span);
        }
    }

    void leaveEvent(QEvent* event) override
    {
        QWidget::leaveEvent(event);
        if (hover && *hover < cells.size())
            update(clipped(rectOf(cells[*hover])).toAlignedRect().adjusted(-2, -2, 2, 2));
        hover.reset();
    }

    void contextMenuEvent(QContextMenuEvent* event) override
    {
        if (event->reason() == QContextMenuEvent::Keyboard) {
            const ItemId current = d->selection->current();
            for (const StrataCell& cell : cells) {
                if (cell.id && cell.id == current) {
                    Q_EMIT d->q->menuWanted(current, mapToGlobal(clipped(rectOf(cell)).center().toPoint()));
                    return;
                }
            }
            return;
        }
        const auto index = cellAt(event->pos());
        if (index && cells[*index].id)
            Q_EMIT d->q->menuWanted(cells[*index].id, event->globalPos());
    }

    bool event(QEvent* event) override
    {
        if (event->type() == QEvent::ToolTip) {
            const auto* help = static_cast<QHelpEvent*>(event);
            const auto index = cellAt(help->pos());
            QString text;
            if (index) {
                const StrataCell& cell = cells[*index];
                if (const Item* item = cell.id ? d->store->stack().find(cell.id) : nullptr)
                    text = d->lineOf(*item);
                else if (cell.more > 0)
                    text = StrataChart::tr("%n more, the worst: %1; zoom in to see them", nullptr, cell.more)
                               .arg(Theme::healthName(cell.health));
            }
            QToolTip::showText(help->globalPos(), plainToolTip(text), this,
                               index ? clipped(rectOf(cells[*index])).toAlignedRect() : QRect());
            return true;
        }
        return QWidget::event(event);
    }

    // --- keyboard
    // ----------------------------------------------------------------------------------------------
    void selectNear(Layer layer, double x)
    {
        const std::size_t* best = nullptr;
        double distance = 0;
        for (const std::size_t& index : rows[std::size_t(layer)]) {
            const StrataCell& cell = cells[index];
            if (!cell.id)
                continue;
            const double off = std::max({0.0, cell.x - x, x - cell.x - cell.width});
            if (best == nullptr || off < distance) {
                best = &index;
                distance = off;
            }
        }
        if (best != nullptr)
            d->selection->select(cells[*best].id);
    }

    void keyPressEvent(QKeyEvent* event) override
    {
        const stack::Stack& stack = d->store->stack();
        const Item* item = d->selection->current() ? stack.find(d->selection->current()) : nullptr;
        const StrataCell* at = nullptr;
        for (const StrataCell& cell : cells) {
            if (item != nullptr && cell.id == item->id)
                at = &cell;
        }
        const bool rightToLeft = layoutDirection() == Qt::RightToLeft;
        switch (event->key()) {
        case Qt::Key_Escape:
            if (d->window.from <= 0 && d->window.to >= 1) {
                event->ignore();
                return;
            }
            if (const Item* zoom = d->zoomed ? stack.find(d->zoomed) : nullptr)
                d->q->zoomTo(zoom->parentIn(Tree::Stack));
            else
                d->q->zoomTo({});
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (item != nullptr)
                d->q->zoomTo(item->id);
            return;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoomAt(at != nullptr ? clipped(rectOf(*at)).center().x() : area().center().x(), 0.7);
            return;
        case Qt::Key_Minus:
            zoomAt(at != nullptr ? clipped(rectOf(*at)).center().x() : area().center().x(), 1 / 0.7);
            return;
        case Qt::Key_0:
        case Qt::Key_Home:
            d->q->zoomTo({});
            return;
        case Qt::Key_Up:
        case Qt::Key_Down: {
            if (at == nullptr) {
                selectNear(Layer::BareMetal, 0);
                return;
            }
            if (event->key() == Qt::Key_Down) {
                const ItemId parent = item->parentIn(Tree::Stack);
                if (parent)
                    d->selection->select(parent);
                return;
            }
            const auto& children = d->layout.ordered(item->id);
            if (!children.empty())
                d->selection->select(children.front());
            else if (item->layer != Layer::Workload)
                selectNear(Layer(std::size_t(item->layer) + 1), at->x + at->width / 2);
            return;
        }
        case Qt::Key_Left:
        case Qt::Key_Right: {
            if (at == nullptr) {
                selectNear(Layer::BareMetal, 0);
                return;
            }
            const bool next = (event->key() == Qt::Key_Right) != rightToLeft;
            const auto& line = rows[std::size_t(at->layer)];
            const StrataCell* found = nullptr;
            for (const std::size_t index : line) {
                const StrataCell& cell = cells[index];
                if (!cell.id)
                    continue;
                if (next && cell.x > at->x) {
                    found = &cell;
                    break;
                }
                if (!next && cell.x < at->x)
                    found = &cell;
            }
            if (found != nullptr)
                d->selection->select(found->id);
            return;
        }
        default:
            QWidget::keyPressEvent(event);
        }
    }

    void focusInEvent(QFocusEvent* event) override
    {
        QWidget::focusInEvent(event);
        update();
    }
    void focusOutEvent(QFocusEvent* event) override
    {
        QWidget::focusOutEvent(event);
        update();
    }
};

void StrataChart::Private::refresh()
{
    canvas->measure();
    window.pixels = canvas->area().width();
    canvas->setCells(layout.cells(window, by()));
}

void StrataChart::Private::setWindow(double from, double to)
{
    const double span = std::clamp(to - from, kNarrowest, 1.0);
    from = std::clamp(from, 0.0, 1.0 - span);
    window.from = from;
    window.to = std::min(1.0, from + span);
    refresh();
    showCrumbs();
    canvas->update();
}

void StrataChart::Private::setZoom(ItemId id)
{
    if (id && store->stack().find(id) == nullptr)
        id = {};
    zoomed = id;
    const StrataExtent extent = id ? layout.extentOf(id, by()) : StrataExtent{};
    setWindow(extent.from, extent.to);
}

void StrataChart::Private::showCrumbs()
{
    const bool whole = window.from <= 0 && window.to >= 1;
    const std::vector<ItemId> path = zoomed ? store->stack().path(zoomed) : std::vector<ItemId>{};
    counts->setVisible(whole);
    crumbs->setVisible(!whole);
    if (whole || (crumbLayout->count() > 0 && path == crumbPath && !path.empty()))
        return;
    crumbPath = path;
    while (QLayoutItem* old = crumbLayout->takeAt(0)) {
        if (old->widget() != nullptr) {
            old->widget()->hide();
            old->widget()->deleteLater();
        }
        delete old;
    }
    const auto add = [this](const QString& text, ItemId id, bool last) {
        auto* button = new QToolButton(crumbs);
        // An ampersand in a name is no shortcut.
        QString label = elided(q->fontMetrics(), text, 220);
        button->setText(label.replace(u'&', QStringLiteral("&&")));
        button->setAutoRaise(true);
        button->setEnabled(!last);
        button->setToolTip(plainToolTip(text));
        QObject::connect(button, &QToolButton::clicked, q, [this, id] { q->zoomTo(id); });
        crumbLayout->addWidget(button);
    };
    add(StrataChart::tr("Whole site"), {}, false);
    for (std::size_t i = 0; i < path.size(); ++i) {
        const Item* item = store->stack().find(path[i]);
        if (item == nullptr)
            continue;
        auto* arrow = new QLabel(StrataChart::tr("›"), crumbs);
        arrow->setProperty("muted", true);
        crumbLayout->addWidget(arrow);
        add(shown(item->name), path[i], i + 1 == path.size());
    }
    crumbLayout->addStretch(1);
}

void StrataChart::Private::describe()
{
    const Item* item = selection->current() ? store->stack().find(selection->current()) : nullptr;
    const QString text = item != nullptr ? lineOf(*item) : QString();
    if (canvas->accessibleDescription() == text)
        return;
    canvas->setAccessibleDescription(text);
    QAccessibleEvent event(canvas, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

StrataChart::StrataChart(StackStore* store, Selection* selection, QWidget* parent)
    : QWidget(parent), m_d(std::make_unique<Private>(this, store, selection))
{
    Private& d = *m_d;
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    d.canvas = new Private::Canvas(&d, this);
    setFocusProxy(d.canvas);

    const auto chooser = [this](const QString& description) {
        auto* button = new QToolButton(this);
        button->setPopupMode(QToolButton::InstantPopup);
        button->setAutoRaise(true);
        button->setProperty("muted", true);
        button->setFont(Theme::smallFont());
        button->setAccessibleName(description);
        auto* menu = new QMenu(button);
        button->setMenu(menu);
        return button;
    };
    d.widthButton = chooser(tr("What makes a cell wide"));
    auto* widths = new QActionGroup(this);
    for (std::size_t i = 0; i < kWidthNames.size(); ++i) {
        const auto width = static_cast<Width>(i);
        QAction* action = d.widthButton->menu()->addAction(Private::widthText(width));
        action->setCheckable(true);
        action->setChecked(width == d.widthBy);
        widths->addAction(action);
        connect(action, &QAction::triggered, this, [this, width] { setWidthBy(width); });
    }
    d.colourButton = chooser(tr("What colours a cell"));
    auto* colours = new QActionGroup(this);
    for (std::size_t i = 0; i < kColourNames.size(); ++i) {
        const auto colour = static_cast<Colour>(i);
        QAction* action = d.colourButton->menu()->addAction(Private::colourText(colour));
        action->setCheckable(true);
        action->setChecked(colour == d.colourBy);
        colours->addAction(action);
        connect(action, &QAction::triggered, this, [this, colour] { setColourBy(colour); });
    }
    d.counts = new ElidedLabel(this);
    d.counts->setMuted(true);
    d.crumbs = new QWidget(this);
    d.crumbLayout = new QHBoxLayout(d.crumbs);
    d.crumbLayout->setContentsMargins(0, 0, 0, 0);
    d.crumbLayout->setSpacing(2);
    d.crumbs->hide();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 4, 0, 4);
    layout->setSpacing(2);
    auto* header = new QHBoxLayout;
    header->setContentsMargins(10, 0, 12, 0);
    header->setSpacing(4);
    header->addWidget(d.widthButton);
    header->addWidget(d.colourButton);
    header->addSpacing(6);
    header->addWidget(d.counts, 1);
    header->addWidget(d.crumbs, 1);
    layout->addLayout(header);
    layout->addWidget(d.canvas, 1);

    const auto restyle = [this, &d] {
        const QFont font = Theme::smallFont();
        d.widthButton->setFont(font);
        d.colourButton->setFont(font);
        d.counts->setFont(font);
        d.canvas->updateGeometry();
        d.refresh();
        update();
        d.canvas->update();
    };
    connect(&Theme::instance(), &Theme::changed, this, restyle);
    connect(store, &StackStore::changed, this, [&d](const stack::StackDelta& delta) {
        d.layout.update(delta);
        d.counts->setText(d.countText());
        if (d.zoomed) {
            // Its neighbours may have grown: the window follows it; gone, the whole is shown.
            const StrataExtent extent = d.layout.extentOf(d.zoomed, d.by());
            if (d.store->stack().find(d.zoomed) == nullptr) {
                d.setZoom({});
                return;
            }
            d.window.from = extent.from;
            d.window.to = extent.to;
        }
        d.refresh();
        // Cells of the same place and health may have another name or another colour by usage.
        if (!delta.changed.empty()) {
            if (delta.changed.size() > 64)
                d.canvas->update();
            else
                d.canvas->updateItems(delta.changed);
        }
        d.describe();
    });
    connect(selection, &Selection::changed, this, [&d] {
        d.canvas->update();
        d.describe();
    });
    setWidthBy(d.widthBy);
    setColourBy(d.colourBy);
    d.counts->setText(d.countText());
    restyle();
    d.describe();
}

StrataChart::~StrataChart() = default;

void StrataChart::setWidthBy(Width width)
{
    Private& d = *m_d;
    d.widthBy = width;
    d.widthButton->setText(tr("Width: %1 ▾").arg(Private::widthText(width)));
    if (QAction* action = d.widthButton->menu()->actions().value(qsizetype(width)))
        action->setChecked(true);
    d.setZoom(d.zoomed);
}

void StrataChart::setColourBy(Colour colour)
{
    Private& d = *m_d;
    d.colourBy = colour;
    d.colourButton->setText(tr("Colour: %1 ▾").arg(Private::colourText(colour)));
    if (QAction* action = d.colourButton->menu()->actions().value(qsizetype(colour)))
        action->setChecked(true);
    d.canvas->update();
}

const std::vector<StrataGhost>& StrataChart::ghosts() const
{
    return m_d->ghosts;
}

void StrataChart::setGhosts(std::vector<StrataGhost> ghosts)
{
    if (ghosts == m_d->ghosts)
        return;
    m_d->ghosts = std::move(ghosts);
    m_d->canvas->update();
}

void StrataChart::setMarked(const std::vector<ItemId>& ids)
{
    std::unordered_set<ItemId> marked(ids.begin(), ids.end());
    if (marked == m_d->marked)
        return;
    m_d->marked = std::move(marked);
    m_d->canvas->update();
}

void StrataChart::zoomTo(ItemId id)
{
    m_d->setZoom(id);
}

ItemId StrataChart::zoomed() const
{
    return m_d->zoomed;
}

ItemId StrataChart::itemAt(const QPoint& position) const
{
    const auto index = m_d->canvas->cellAt(m_d->canvas->mapFrom(this, position));
    return index ? m_d->canvas->cells[*index].id : ItemId{};
}

QJsonObject StrataChart::saveState() const
{
    QJsonObject state;
    state[QStringLiteral("width")] = QLatin1String(kWidthNames[std::size_t(m_d->widthBy)]);
    state[QStringLiteral("colour")] = QLatin1String(kColourNames[std::size_t(m_d->colourBy)]);
    return state;
}

void StrataChart::restoreState(const QJsonObject& state)
{
    const QString width = state[QStringLiteral("width")].toString();
    const QString colour = state[QStringLiteral("colour")].toString();
    for (std::size_t i = 0; i < kWidthNames.size(); ++i) {
        if (width == QLatin1String(kWidthNames[i]))
            setWidthBy(static_cast<Width>(i));
        if (colour == QLatin1String(kColourNames[i]))
            setColourBy(static_cast<Colour>(i));
    }
}

} // namespace strata::ui
