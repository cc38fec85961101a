// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/capacity/capacitywindow.h"

#include "core/stack/stack.h"
#include "ui/capacity/barchart.h"
#include "ui/capacity/capacitymodel.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/delegates.h"
#include "ui/widgets/roles.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSaveFile>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace stack;
using diagnosis::NodeRoom;

namespace {

constexpr int kLookEveryMs = 500;
constexpr std::size_t kMostBars = 16; // more cannot be read beside each other
constexpr int kMostGhosts = 200;      // on the chart, a node
constexpr std::size_t kMostNames = 5;
constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

QString csvField(QString text)
{
    // A spreadsheet takes such a cell for a formula, and names come from the cluster.
    if (!text.isEmpty() && QStringLiteral("=+-@\t").contains(text.front()))
        text.prepend(QLatin1Char('\''));
    if (text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('"')) ||
        text.contains(QLatin1Char('\n')))
        return QLatin1Char('"') + text.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
    return text;
}

QString csvOf(const QAbstractItemModel* model)
{
    QString out;
    const auto line = [&](auto&& field) {
        QStringList fields;
        for (int column = 0; column < model->columnCount(); ++column)
            fields << csvField(field(column));
        out += fields.join(QLatin1Char(',')) + QLatin1Char('\n');
    };
    line([&](int column) { return model->headerData(column, Qt::Horizontal).toString(); });
    for (int row = 0; row < model->rowCount(); ++row)
        line([&](int column) { return model->index(row, column).data().toString(); });
    return out;
}

double gib(std::int64_t bytes)
{
    return bytes > 0 ? double(bytes) / kGiB : 0;
}

} // namespace

CapacityWindow::CapacityWindow(StackStore* store, Selection* selection, StrataChart* chart, QWidget* parent)
    : QDialog(parent), m_store(store), m_selection(selection), m_strata(chart)
{
    setWindowTitle(tr("Capacity"));
    resize(1000, 660);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 14);
    layout->setSpacing(10);
    auto* bar = new QHBoxLayout;
    auto* heading = new ThemedLabel(tr("How full is the site, and what still fits?"), TextRole::Text, this);
    heading->setLook(1.2, QFont::DemiBold);
    auto* saveButton = new QPushButton(Theme::icon(QStringLiteral("save")), tr("&Save…"), this);
    saveButton->setAutoDefault(false);
    bar->addWidget(heading, 1);
    bar->addWidget(saveButton);
    layout->addLayout(bar);
    m_summary = new ThemedLabel(TextRole::Muted, this);
    m_summary->setWordWrap(true);
    layout->addWidget(m_summary);
    layout->addWidget(makeFits());

    m_tabs = new UnderlineTabs(this);
    m_tabs->addTab(tr("Layers"));
    m_tabs->addTab(tr("Outer nodes"));
    m_tabs->addTab(tr("Tenants"));
    layout->addWidget(m_tabs);
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    m_pages = new QStackedWidget(splitter);
    const std::array<CapacityModel::Table, 3> tables = {
        CapacityModel::Table::Layers, CapacityModel::Table::Nodes, CapacityModel::Table::Tenants};
    for (std::size_t i = 0; i < tables.size(); ++i) {
        m_models[i] = new CapacityModel(tables[i], this);
        m_tables[i] = makeTable(m_models[i]);
        m_tables[i]->setAccessibleName(m_tabs->tabText(int(i)));
        m_pages->addWidget(m_tables[i]);
    }
    m_chart = new BarChartView(splitter);
    m_chart->setMinimumHeight(120);
    splitter->addWidget(m_pages);
    splitter->addWidget(m_chart);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({230, 240});
    layout->addWidget(splitter, 1);

    connect(m_tabs, &QTabBar::currentChanged, this, [this](int tab) {
        m_pages->setCurrentIndex(tab);
        showChart();
    });
    connect(m_tables[1], &QTableView::activated, this, [this](const QModelIndex& index) {
        const auto* proxy = qobject_cast<const QSortFilterProxyModel*>(index.model());
        if (const ItemId node = m_models[1]->itemAt(proxy->mapToSource(index).row()))
            m_selection->select(node);
    });
    for (QTableView* table : m_tables)
        connect(table->model(), &QAbstractItemModel::layoutChanged, this, &CapacityWindow::showChart);
    connect(saveButton, &QPushButton::clicked, this, &CapacityWindow::askForFile);
    connect(&Theme::instance(), &Theme::changed, saveButton,
            [saveButton] { saveButton->setIcon(Theme::icon(QStringLiteral("save"))); });
    m_later.setSingleShot(true);
    m_later.setInterval(kLookEveryMs);
    connect(&m_later, &QTimer::timeout, this, &CapacityWindow::look);
    connect(m_store, &StackStore::changed, this, [this] {
        if (!m_later.isActive())
            m_later.start();
    });
    look();
    m_vcpus->setFocus();
}

CapacityWindow::~CapacityWindow()
{
    if (m_strata != nullptr && m_ghosts->isChecked())
        m_strata->setGhosts({});
}

QWidget* CapacityWindow::makeFits()
{
    auto* frame = new QFrame(this);
    frame->setProperty("card", true);
    auto* layout = new QVBoxLayout(frame);
    layout->setContentsMargins(14, 10, 14, 10);
    layout->setSpacing(4);
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    m_vcpus = new QSpinBox(frame);
    m_vcpus->setRange(1, 512);
    m_vcpus->setValue(8);
    m_memory = new QDoubleSpinBox(frame);
    m_memory->setRange(0.5, 16384);
    m_memory->setDecimals(1);
    m_memory->setValue(16);
    m_memory->setSuffix(QStringLiteral(" GiB"));
    auto* cpuName = new QLabel(tr("A VM of v&CPUs"), frame);
    cpuName->setBuddy(m_vcpus);
    auto* memoryName = new QLabel(tr("and &memory"), frame);
    memoryName->setBuddy(m_memory);
    m_ghosts = new QCheckBox(tr("Show on the &chart"), frame);
    m_ghosts->setVisible(m_strata != nullptr);
    for (QWidget* widget : std::initializer_list<QWidget*>{cpuName, m_vcpus, memoryName, m_memory})
        line->addWidget(widget);
    line->addStretch(1);
    line->addWidget(m_ghosts);
    layout->addLayout(line);
    m_count = new ThemedLabel(TextRole::Text, frame);
    m_count->setLook(1.15, QFont::DemiBold);
    m_where = new ThemedLabel(TextRole::Muted, frame);
    for (ThemedLabel* label : {m_count, m_where}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(label);
    }
    connect(m_vcpus, &QSpinBox::valueChanged, this, &CapacityWindow::showFits);
    connect(m_memory, &QDoubleSpinBox::valueChanged, this, &CapacityWindow::showFits);
    connect(m_ghosts, &QCheckBox::toggled, this, [this](bool on) {
        if (on)
            drawGhosts();
        else if (m_strata != nullptr)
            m_strata->setGhosts({});
    });
    return frame;
}

QTableView* CapacityWindow::makeTable(CapacityModel* model)
{
    auto* proxy = new QSortFilterProxyModel(this);
    proxy->setSourceModel(model);
    proxy->setSortRole(SortRole);
    auto* table = new QTableView;
    table->setModel(proxy);
    table->setSortingEnabled(true);
    table->sortByColumn(-1, Qt::AscendingOrder); // the model's own order until the operator sorts
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setItemDelegate(new CellDelegate(table));
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(qRound(table->fontMetrics().height() * 1.75));
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setStretchLastSection(true);
    const int unit = table->fontMetrics().averageCharWidth();
    for (int column = 0; column < model->columnCount(); ++column) {
        const QString head = model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        const int room = table->fontMetrics().horizontalAdvance(head) + unit * 6; // with the sort mark
        table->setColumnWidth(column, std::max(room, unit * (column == 0 ? 16 : 12)));
        if (model->isBar(column))
            table->setItemDelegateForColumn(column, new BarDelegate(table));
    }
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    installTableCopy(table);
    return table;
}

Amount CapacityWindow::size() const
{
    return {std::int64_t(m_vcpus->value()) * 1000, std::int64_t(m_memory->value() * kGiB)};
}

void CapacityWindow::setSize(Amount size)
{
    m_vcpus->setValue(int(size.cpuMilli / 1000));
    m_memory->setValue(double(size.memoryBytes) / kGiB);
}

void CapacityWindow::look()
{
    m_capacity = diagnosis::capacityOf(m_store->stack());
    for (CapacityModel* model : m_models)
        model->show(m_capacity);
    if (m_capacity.nodes.empty()) {
        m_summary->showText(tr("No outer node is known yet: connect an outer cluster."));
    } else {
        QStringList parts;
        if (m_capacity.cpuOvercommit > 0)
            parts << tr("%1 vCPUs to each CPU of the outer nodes").arg(m_capacity.cpuOvercommit, 0, 'f', 2);
        if (m_capacity.memoryOvercommit > 0)
            parts << tr("guests' memory is %1 % of the outer nodes'")
                         .arg(qRound(m_capacity.memoryOvercommit * 100));
        const auto& launcher = m_capacity.launcher;
        parts << (launcher.seen > 0
                      ? tr("a VM requests %1 CPU a vCPU and %2 beyond its memory, as %n VMs here show",
                           nullptr, launcher.seen)
                            .arg(launcher.cpuPerVcpu, 0, 'f', 2)
                            .arg(bytesText(launcher.memoryOverhead))
                      : tr("a VM is taken to request %1 CPU a vCPU and %2 beyond its memory, KubeVirt's "
                           "defaults")
                            .arg(launcher.cpuPerVcpu, 0, 'f', 2)
                            .arg(bytesText(launcher.memoryOverhead)));
        QString text = parts.join(QStringLiteral(" · "));
        text[0] = text[0].toUpper();
        m_summary->showText(text);
    }
    showFits();
    showChart();
}

void CapacityWindow::showFits()
{
    m_fit = diagnosis::howManyFit(m_capacity, size());
    const QString what = QString::fromStdString(diagnosis::sizeText(size()));
    m_count->setRole(m_fit.count > 0 ? TextRole::Text : TextRole::Warning);
    m_count->showText(m_fit.count > 0 ? tr("%n more VMs of %1 fit", nullptr, m_fit.count).arg(what)
                                      : tr("No more VM of %1 fits").arg(what));
    QStringList parts;
    for (std::size_t i = 0; i < std::min(m_fit.where.size(), kMostNames); ++i) {
        if (const Item* node = m_store->stack().find(m_fit.where[i].first))
            parts << QStringLiteral("%1: %2").arg(shown(node->name)).arg(m_fit.where[i].second);
    }
    if (m_fit.where.size() > kMostNames)
        parts << tr("and on %n more nodes", nullptr, int(m_fit.where.size() - kMostNames));
    int closed = 0;
    for (const NodeRoom& node : m_capacity.nodes)
        closed += node.takesVms ? 0 : 1;
    if (closed > 0)
        parts << tr("%n nodes take no VMs now", nullptr, closed);
    if (m_fit.stranded > 0)
        parts << tr("%1 of free memory lie in pieces too small for one").arg(bytesText(m_fit.stranded));
    m_where->showText(parts.join(QStringLiteral(" · ")));
    m_where->setVisible(!parts.isEmpty());
    if (m_ghosts->isChecked())
        drawGhosts();
}

void CapacityWindow::drawGhosts()
{
    if (m_strata == nullptr)
        return;
    const Amount each = size();
    const QString name = QString::fromStdString(diagnosis::sizeText(each));
    std::vector<StrataGhost> ghosts;
    for (const auto& [id, count] : m_fit.where) {
        const auto node = std::find_if(m_capacity.nodes.begin(), m_capacity.nodes.end(),
                                       [id = id](const NodeRoom& room) { return room.node == id; });
        if (node == m_capacity.nodes.end())
            continue;
        const auto share = [](std::int64_t part, std::int64_t whole) {
            return whole > 0 ? double(part) / double(whole) : 0.0;
        };
        for (int i = 0; i < std::min(count, kMostGhosts); ++i)
            ghosts.push_back({id, share(each.memoryBytes, node->allocatable.memoryBytes),
                              share(each.cpuMilli, node->allocatable.cpuMilli), name});
    }
    m_strata->setGhosts(std::move(ghosts));
}

void CapacityWindow::showChart()
{
    using Tone = BarChart::Tone;
    BarChart chart;
    const int tab = m_tabs->currentIndex();
    const auto* proxy = qobject_cast<const QSortFilterProxyModel*>(m_tables[std::size_t(tab)]->model());
    const std::size_t rows = std::min(std::size_t(proxy->rowCount()), kMostBars);
    const auto at = [&](std::size_t row) { // the table's order is the chart's
        return std::size_t(proxy->mapToSource(proxy->index(int(row), 0)).row());
    };
    const auto name = [&](std::size_t row) { chart.names << proxy->index(int(row), 0).data().toString(); };
    if (tab == 2) {
        chart.title = tr("Memory of the tenants' VMs");
        chart.unit = QStringLiteral("GiB");
        chart.parts = {{tr("used"), Tone::Used, {}}, {tr("given, not used"), Tone::Requested, {}}};
        for (std::size_t row = 0; row < rows; ++row) {
            const diagnosis::TenantShare& share = m_capacity.tenants[at(row)];
            name(row);
            chart.parts[0].values.push_back(gib(std::min(share.used.memoryBytes, share.size.memoryBytes)));
            chart.parts[1].values.push_back(
                gib(share.size.memoryBytes - std::max<std::int64_t>(share.used.memoryBytes, 0)));
        }
    } else {
        chart.title = tr("Memory");
        chart.unit = QStringLiteral("GiB");
        chart.parts = {{tr("used"), Tone::Used, {}},
                       {tr("requested, not used"), Tone::Requested, {}},
                       {tr("free"), Tone::Free, {}}};
        for (std::size_t row = 0; row < rows; ++row) {
            Amount whole;
            Amount requested;
            Amount used;
            if (tab == 0) {
                const diagnosis::LayerSum& sum = m_capacity.layers[at(row)];
                if (sum.capacity.memoryBytes <= 0)
                    continue; // workloads have no size of their own
                std::tie(whole, requested, used) = std::tie(sum.capacity, sum.requested, sum.used);
            } else {
                const NodeRoom& node = m_capacity.nodes[at(row)];
                std::tie(whole, requested, used) = std::tie(node.allocatable, node.requested, node.used);
            }
            name(row);
            const double all = gib(whole.memoryBytes);
            const double taken = gib(used.memoryBytes);
            const double more = std::max(0.0, gib(requested.memoryBytes) - taken);
            chart.parts[0].values.push_back(taken);
            chart.parts[1].values.push_back(more);
            chart.parts[2].values.push_back(std::max(0.0, all - taken - more));
        }
    }
    m_chart->show(chart);
}

bool CapacityWindow::save(const QString& path, QString* error)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    const std::vector<Amount> sizes = {size()};
    QByteArray text;
    if (ending == QLatin1String("json"))
        text = QByteArray::fromStdString(diagnosis::capacityJson(m_capacity, m_store->stack(), sizes));
    else if (ending == QLatin1String("csv"))
        text = csvOf(m_tables[std::size_t(m_tabs->currentIndex())]->model()).toUtf8();
    else
        text = QByteArray::fromStdString(diagnosis::capacityText(m_capacity, m_store->stack(), sizes));
    QSaveFile file(path);
    const bool good = file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit();
    if (!good && error != nullptr)
        *error = tr("It cannot be written to %1: %2").arg(cleaned(path), cleaned(file.errorString()));
    return good;
}

void CapacityWindow::askForFile()
{
    auto* dialog = new QFileDialog(this, tr("Save the capacity"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Text (*.txt)"), tr("JSON (*.json)"), tr("The table shown (*.csv)")});
    dialog->selectFile(QStringLiteral("capacity.txt"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QString error;
        if (!save(path, &error)) {
            m_summary->setRole(TextRole::Failed);
            m_summary->showText(error);
        }
    });
    dialog->open();
}

} // namespace strata::ui
