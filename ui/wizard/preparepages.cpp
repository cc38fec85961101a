// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/preparepages.h"

#include "core/base/timestamp.h"
#include "ui/connect/errorwords.h"
#include "ui/details/codeview.h"
#include "ui/details/statepill.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"
#include "ui/wizard/formfield.h"
#include "ui/wizard/linediff.h"
#include "ui/wizard/reviewtable.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <memory>

namespace strata::ui {

using namespace prepare;
using provision::Verdict;

namespace {

// What an index says of its making, in the operator's own way of writing times.
QString madeText(const std::string& made)
{
    const auto at = parseRfc3339(made);
    return at ? QLocale().toString(QDateTime::fromMSecsSinceEpoch(*at), QLocale::ShortFormat) : cleaned(made);
}

stack::Health healthOf(Standing standing)
{
    switch (standing) {
    case Standing::Fine:
    case Standing::CanUpgrade:
        return stack::Health::Ok;
    case Standing::MustUpgrade:
    case Standing::Missing:
        return stack::Health::Warning;
    case Standing::Repair:
    case Standing::Conflict:
        return stack::Health::Failed;
    case Standing::Unseen:
        return stack::Health::Unknown;
    }
    return stack::Health::Unknown;
}

QString verdictOf(Standing standing)
{
    switch (standing) {
    case Standing::Fine:
        return PrepareTherePage::tr("Fine");
    case Standing::CanUpgrade:
        return PrepareTherePage::tr("Can be upgraded");
    case Standing::MustUpgrade:
        return PrepareTherePage::tr("Must be upgraded");
    case Standing::Missing:
        return PrepareTherePage::tr("Missing");
    case Standing::Repair:
        return PrepareTherePage::tr("Needs repair");
    case Standing::Conflict:
        return PrepareTherePage::tr("Conflict");
    case Standing::Unseen:
        return PrepareTherePage::tr("Cannot be seen");
    }
    return {};
}

QString deedOf(Deed deed)
{
    switch (deed) {
    case Deed::Leave:
        return PrepareChoicePage::tr("Stays as it is.");
    case Deed::Install:
        return PrepareChoicePage::tr("Will be installed.");
    case Deed::Upgrade:
        return PrepareChoicePage::tr("Will be upgraded.");
    case Deed::Repair:
        return PrepareChoicePage::tr("Will be written again.");
    }
    return {};
}

ThemedLabel* heading(const QString& text, double factor, QWidget* parent)
{
    auto* label = new ThemedLabel(text, TextRole::Text, parent);
    label->setLook(factor, QFont::DemiBold);
    return label;
}

// Pill, words and a button in one line, as on every page that has asked somebody.
QHBoxLayout* askedLine(StatePill*& pill, ThemedLabel*& words, QPushButton*& again, const QString& text,
                       QWidget* parent)
{
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    pill = new StatePill(parent);
    words = new ThemedLabel(TextRole::Text, parent);
    words->setWordWrap(true);
    words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    again = new QPushButton(text, parent);
    again->setAutoDefault(false);
    line->addWidget(pill, 0, Qt::AlignTop);
    line->addWidget(words, 1);
    line->addWidget(again, 0, Qt::AlignTop);
    return line;
}

} // namespace

// ---- what is there
// ---------------------------------------------------------------------------------------------

PrepareTherePage::PrepareTherePage(PrepareModel* model, QWidget* parent) : QWidget(parent), m_model(model)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(28, 22, 28, 22);
    layout->setSpacing(14);
    layout->addWidget(heading(tr("What is there"), 1.5, this));
    layout->addLayout(askedLine(m_pill, m_words, m_again, tr("&Look again"), this));
    m_table = reviewTable({tr("Component"), tr("Version"), tr("Verdict")}, {34, 18, 48},
                          tr("Components of the outer cluster"), true);
    m_table->setObjectName(QStringLiteral("components"));
    m_table->setIndentation(16);
    layout->addWidget(m_table, 1);
    connect(m_again, &QPushButton::clicked, model, &PrepareModel::lookAgain);
    setAccessibleName(tr("What is there"));
}

void PrepareTherePage::refresh()
{
    using State = PrepareModel::State;
    const State state = m_model->state();
    m_again->setEnabled(state != State::Asking);
    m_table->setVisible(state == State::Known);
    if (state == State::Failed) {
        m_pill->show(stack::Health::Failed, tr("not reached"));
        m_words->showText(errorText(m_model->error()));
        return;
    }
    if (state != State::Known) {
        m_pill->show(stack::Health::Progressing, tr("looking"));
        m_words->showText(tr("The outer cluster is asked what it has. Nothing is written."));
        return;
    }
    const Picture& picture = m_model->picture();
    const bool ready = m_model->proposal().nothingToDo();
    m_pill->show(ready ? stack::Health::Ok : stack::Health::Warning, ready ? tr("ready") : tr("not ready"));
    const QString place = tr("Kubernetes %1 at %2").arg(cleaned(picture.kubernetes), cleaned(picture.server));
    m_words->showText(ready ? tr("%1 carries tenant clusters as it is.").arg(place)
                            : tr("%1 lacks some of what tenant clusters need.").arg(place));
    m_table->clear();
    const auto child = [](QTreeWidgetItem* item, const QString& what, const QString& words) {
        auto* below = new QTreeWidgetItem(item, {what, {}, words});
        below->setToolTip(2, plainToolTip(words));
    };
    for (const Finding& finding : picture.components) {
        const Opinion* opinion = m_model->proposal().opinion(finding.id);
        const ComponentSpec* spec = m_model->matrix().find(finding.id);
        const Standing standing = opinion != nullptr ? opinion->standing : Standing::Unseen;
        QString words = verdictOf(standing);
        if (opinion != nullptr && !opinion->reason.empty())
            words += QStringLiteral(". ") + cleaned(opinion->reason);
        auto* item = new QTreeWidgetItem({cleaned(finding.title), cleaned(finding.version), words});
        item->setIcon(0, healthIcon(healthOf(standing)));
        item->setToolTip(2, plainToolTip(words));
        if (spec != nullptr)
            item->setToolTip(0, plainToolTip(cleaned(spec->purpose)));
        item->setData(0, Qt::UserRole, QString::fromStdString(finding.id));
        m_table->addTopLevelItem(item);
        for (const std::string& missing : finding.missing)
            child(item, tr("missing"), cleaned(missing));
        for (const std::string& ailment : finding.ailments)
            child(item, tr("not well"), cleaned(ailment));
        for (const std::string& fact : finding.facts)
            child(item, tr("known"), cleaned(fact));
        item->setExpanded(standing == Standing::Repair);
    }
    for (const Sight& sight : picture.observed) {
        const bool there = sight.presence == Presence::Installed;
        QString words = there                                ? tr("Fine")
                        : sight.presence == Presence::Ailing ? tr("Not well")
                        : sight.presence == Presence::Unseen ? tr("Cannot be seen")
                        : sight.required                     ? tr("Missing")
                                                             : tr("None");
        if (!sight.words.empty())
            words += QStringLiteral(". ") + cleaned(sight.words);
        auto* item = new QTreeWidgetItem({cleaned(sight.title), cleaned(sight.name), words});
        item->setIcon(0, healthIcon(there                                ? stack::Health::Ok
                                    : sight.presence == Presence::Ailing ? stack::Health::Warning
                                    : sight.presence == Presence::Unseen || !sight.required
                                        ? stack::Health::Unknown
                                        : stack::Health::Failed));
        item->setToolTip(1, plainToolTip(cleaned(sight.name)));
        item->setToolTip(2, plainToolTip(words));
        item->setData(0, Qt::UserRole, QString::fromStdString(sight.id));
        m_table->addTopLevelItem(item);
    }
}

// ---- what to install
// -------------------------------------------------------------------------------------------

PrepareChoicePage::PrepareChoicePage(PrepareModel* model, QWidget* parent) : QWidget(parent), m_model(model)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* area = new QScrollArea(this);
    area->setObjectName(QStringLiteral("choice"));
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget(area);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(28, 22, 28, 22);
    layout->setSpacing(14);
    layout->addWidget(heading(tr("What to install"), 1.5, content));

    m_place = new QComboBox(content);
    m_place->setObjectName(QStringLiteral("place"));
    m_place->addItem(tr("The releases, from the network"));
    m_place->addItem(tr("A folder (a bundle)"));
    m_places = new QStackedWidget(content);
    auto* releases = new QLineEdit(m_places);
    releases->setObjectName(QStringLiteral("releases"));
    releases->setPlaceholderText(QStringLiteral("https://github.com"));
    m_folder = new QLineEdit;
    m_folder->setObjectName(QStringLiteral("folder"));
    m_folder->setAccessibleName(tr("Bundle's folder"));
    auto* browse = new QPushButton(tr("B&rowse…"));
    browse->setAutoDefault(false);
    auto* folderLine = new QWidget(m_places);
    auto* folderLayout = new QHBoxLayout(folderLine);
    folderLayout->setContentsMargins(0, 0, 0, 0);
    folderLayout->setSpacing(8);
    folderLayout->addWidget(m_folder, 1);
    folderLayout->addWidget(browse);
    folderLine->setFocusProxy(m_folder);
    auto* releasesField = new FormField(tr("&Address of the releases"), releases, m_places);
    releasesField->setHint(tr("A mirror that has the same paths; empty: GitHub"));
    m_folderField = new FormField(tr("Fo&lder"), folderLine, m_places);
    m_places->addWidget(releasesField);
    m_places->addWidget(m_folderField);
    auto* placeField = new FormField(tr("It comes &from"), m_place, content);
    auto* mirror = new QLineEdit(content);
    mirror->setObjectName(QStringLiteral("mirror"));
    mirror->setPlaceholderText(tr("registry.lan/mirror"));
    auto* mirrorField = new FormField(tr("Mirror of &images"), mirror, content);
    mirrorField->setHint(tr("Stands before every image's name"));
    // The place has a line of its own: a path is long.
    auto* source = new QGridLayout;
    source->setHorizontalSpacing(18);
    source->setVerticalSpacing(10);
    source->addWidget(placeField, 0, 0, Qt::AlignTop);
    source->addWidget(mirrorField, 0, 1, Qt::AlignTop);
    source->addWidget(m_places, 1, 0, 1, 2, Qt::AlignTop);
    source->setColumnStretch(0, 1);
    source->setColumnStretch(1, 1);
    layout->addLayout(source);

    layout->addWidget(heading(tr("Components"), 1.1, content));
    m_grid = new QGridLayout;
    m_grid->setHorizontalSpacing(14);
    m_grid->setVerticalSpacing(8);
    m_grid->setColumnStretch(2, 1);
    layout->addLayout(m_grid);

    m_addonsBox = new QWidget(content);
    m_addonsBox->setObjectName(QStringLiteral("addons"));
    auto* addonsLayout = new QVBoxLayout(m_addonsBox);
    addonsLayout->setContentsMargins(0, 6, 0, 0);
    addonsLayout->setSpacing(8);
    addonsLayout->addWidget(heading(tr("Also in the folder"), 1.1, m_addonsBox));
    auto* addonsHint =
        new ThemedLabel(tr("What is chosen is applied as it is: no versions are compared, no images are "
                           "checked. The rest is left alone."),
                        TextRole::Muted, m_addonsBox);
    addonsHint->setWordWrap(true);
    addonsLayout->addWidget(addonsHint);
    m_addons = new QVBoxLayout;
    addonsLayout->addLayout(m_addons);
    layout->addWidget(m_addonsBox);

    m_gatesBox = new QWidget(content);
    auto* gatesLayout = new QVBoxLayout(m_gatesBox);
    gatesLayout->setContentsMargins(0, 6, 0, 0);
    gatesLayout->setSpacing(8);
    gatesLayout->addWidget(heading(tr("Feature gates"), 1.1, m_gatesBox));
    m_gates = new QVBoxLayout;
    gatesLayout->addLayout(m_gates);
    layout->addWidget(m_gatesBox);

    auto* variables = new QLineEdit(content);
    variables->setObjectName(QStringLiteral("variables"));
    variables->setPlaceholderText(QStringLiteral("KUBEADM_BOOTSTRAP_TOKEN_TTL=1h"));
    auto* variablesField = new FormField(tr("Other &variables of the providers"), variables, content);
    variablesField->setHint(
        tr("NAME=VALUE, with commas between; otherwise the environment's and the manifests' own"));
    layout->addWidget(variablesField);
    m_wrong = new ThemedLabel(TextRole::Failed, content);
    m_wrong->setObjectName(QStringLiteral("wrong"));
    m_wrong->setWordWrap(true);
    m_wrong->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_wrong);
    layout->addStretch(1);
    area->setWidget(content);
    content->setAutoFillBackground(false);
    area->viewport()->setAutoFillBackground(false);
    outer->addWidget(area);

    connect(m_place, &QComboBox::activated, model, [model](int index) { model->setFromFolder(index == 1); });
    connect(releases, &QLineEdit::textEdited, model, &PrepareModel::setReleases);
    connect(m_folder, &QLineEdit::textEdited, model, &PrepareModel::setFolder);
    connect(mirror, &QLineEdit::textEdited, model, &PrepareModel::setMirror);
    connect(variables, &QLineEdit::textEdited, model, &PrepareModel::setVariables);
    connect(browse, &QPushButton::clicked, this, [this] {
        auto* dialog = new QFileDialog(this, tr("Choose the folder of a bundle"), m_model->folder());
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::Directory);
        dialog->setOption(QFileDialog::ShowDirsOnly);
        connect(dialog, &QFileDialog::fileSelected, m_model, [this](const QString& folder) {
            m_folder->setText(folder);
            m_model->setFolder(folder);
        });
        dialog->open();
    });
    setAccessibleName(tr("What to install"));
}

void PrepareChoicePage::makeRows()
{
    if (!m_rows.empty())
        return;
    int at = 0;
    for (const ComponentSpec& spec : m_model->matrix().components) {
        Row row;
        row.wanted = new QCheckBox(cleaned(spec.title));
        row.wanted->setObjectName(QStringLiteral("want:") + QString::fromStdString(spec.id));
        row.wanted->setToolTip(plainToolTip(cleaned(spec.purpose)));
        row.version = new QComboBox;
        row.version->setObjectName(QStringLiteral("version:") + QString::fromStdString(spec.id));
        row.version->setAccessibleName(tr("Version of %1").arg(cleaned(spec.title)));
        row.version->setMinimumContentsLength(9);
        row.reason = new ThemedLabel(TextRole::Muted);
        row.reason->setWordWrap(true);
        m_grid->addWidget(row.wanted, at, 0);
        m_grid->addWidget(row.version, at, 1);
        m_grid->addWidget(row.reason, at, 2);
        const std::string id = spec.id;
        connect(row.wanted, &QCheckBox::clicked, m_model,
                [this, id](bool on) { m_model->setWanted(id, on); });
        connect(row.version, &QComboBox::activated, m_model,
                [this, id](int) { m_model->setVersion(id, m_rows.at(id).version->currentText()); });
        m_rows[id] = row;
        ++at;
    }
}

// Of what is installed or written again, in the version that it will have.
void PrepareChoicePage::makeGates()
{
    std::string now;
    for (const Wish& wish : m_model->wishes()) {
        if (wish.deed != Deed::Leave)
            now += wish.id + " " + wish.version + "\n";
    }
    if (now != m_gatesFor) {
        m_gatesFor = now;
        if (const std::unique_ptr<QLayoutItem> before(m_gates->takeAt(0)); before)
            delete before->widget();
        m_gateBoxes.clear();
        auto* all = new QWidget(m_gatesBox);
        m_gates->addWidget(all);
        auto* grid = new QGridLayout(all);
        grid->setContentsMargins(0, 0, 0, 0);
        grid->setHorizontalSpacing(14);
        grid->setVerticalSpacing(6);
        grid->setColumnStretch(1, 1);
        for (const Wish& wish : m_model->wishes()) {
            const ComponentSpec* spec = m_model->matrix().find(wish.id);
            if (spec == nullptr || wish.deed == Deed::Leave)
                continue;
            for (const Gate& gate : gatesOf(*spec, wish.version)) {
                auto* box = new QCheckBox(tr("%1: %2").arg(cleaned(spec->title), cleaned(gate.name)), all);
                box->setObjectName(QStringLiteral("gate:") + QString::fromStdString(gate.name));
                box->setAccessibleDescription(cleaned(gate.text));
                auto* text = new ThemedLabel(cleaned(gate.text), TextRole::Muted, all);
                text->setWordWrap(true);
                const int row = int(m_gateBoxes.size());
                grid->addWidget(box, row, 0, Qt::AlignTop);
                grid->addWidget(text, row, 1);
                m_gateBoxes[{wish.id, gate.name}] = box;
                connect(box, &QCheckBox::clicked, m_model,
                        [this, id = wish.id, name = gate.name](bool on) { m_model->setGate(id, name, on); });
            }
        }
    }
    for (const auto& [key, box] : m_gateBoxes) {
        const Wish* wish = m_model->wish(key.first);
        box->setChecked(wish != nullptr && wish->gates.count(key.second) != 0);
    }
    m_gatesBox->setVisible(!m_gateBoxes.empty());
}

void PrepareChoicePage::makeAddons()
{
    QString now;
    std::vector<QString> remarks; // on each, in their order
    for (const Addon& addon : m_model->addons()) {
        remarks.push_back(cleaned(remarkOn(addon, m_model->picture(), m_model->matrix())));
        now += QString::fromStdString(addon.id) + QLatin1Char('\n') + remarks.back() + QLatin1Char('\n');
    }
    if (now != m_addonsFor) {
        m_addonsFor = now;
        if (const std::unique_ptr<QLayoutItem> before(m_addons->takeAt(0)); before)
            delete before->widget();
        m_addonBoxes.clear();
        auto* all = new QWidget(m_addonsBox);
        m_addons->addWidget(all);
        auto* grid = new QGridLayout(all);
        grid->setContentsMargins(0, 0, 0, 0);
        grid->setHorizontalSpacing(14);
        grid->setVerticalSpacing(8);
        grid->setColumnStretch(1, 1);
        int row = 0;
        for (const Addon& addon : m_model->addons()) {
            const QString title =
                cleaned(addon.version.empty() ? addon.title : addon.title + " " + addon.version);
            const QString& remark = remarks[std::size_t(row)];
            auto* box = new QCheckBox(all);
            box->setText(elidedName(box->fontMetrics(), title, 30 * box->fontMetrics().averageCharWidth())
                             .replace(QLatin1Char('&'), QStringLiteral("&&")));
            box->setObjectName(QStringLiteral("addon:") + QString::fromStdString(addon.id));
            box->setAccessibleName(title);
            box->setAccessibleDescription(remark);
            box->setEnabled(addon.problem.empty());
            QStringList files;
            for (const BundleFile& file : addon.files)
                files << cleaned(file.path);
            box->setToolTip(plainToolTip(files.join(QLatin1Char('\n'))));
            QString words = remark;
            // A title that says the place already needs no second one.
            if (!addon.known.empty() && !addon.files.empty()) {
                QString place = cleaned(addon.files.front().path);
                if (addon.files.size() > 1)
                    place = place.left(place.lastIndexOf(QLatin1Char('/')) + 1);
                // It may be broken where it would be read in parts.
                words += QLatin1Char(' ') + place.replace(QLatin1Char('/'), QStringLiteral("/\u200b"));
                words += QStringLiteral(":");
            }
            if (const std::string content = contentOf(addon); !content.empty())
                words += QLatin1Char(' ') + cleaned(content);
            auto* text = new ThemedLabel(words, TextRole::Muted, all);
            text->setWordWrap(true);
            grid->addWidget(box, row, 0, Qt::AlignTop);
            grid->addWidget(text, row, 1);
            ++row;
            m_addonBoxes[addon.id] = box;
            connect(box, &QCheckBox::clicked, m_model,
                    [this, id = addon.id](bool on) { m_model->setAddonWanted(id, on); });
        }
    }
    for (const auto& [id, box] : m_addonBoxes)
        box->setChecked(m_model->addonWanted(id));
    m_addonsBox->setVisible(!m_addonBoxes.empty());
}

void PrepareChoicePage::refresh()
{
    if (m_model->state() != PrepareModel::State::Known)
        return;
    makeRows();
    m_place->setCurrentIndex(m_model->fromFolder() ? 1 : 0);
    m_places->setCurrentIndex(m_model->fromFolder() ? 1 : 0);
    if (m_folder->text().trimmed() != m_model->folder())
        m_folder->setText(m_model->folder());
    if (m_model->bundleError()) {
        m_folderField->setProblem(provision::Problem{
            "folder", errorText(*m_model->bundleError()).toStdString(), {}, provision::Severity::Error});
    } else {
        m_folderField->setProblem(std::nullopt);
        const auto& bundle = m_model->bundle();
        m_folderField->setHint(bundle
                                   ? tr("%n components, filled %1", nullptr, int(bundle->components.size()))
                                         .arg(madeText(bundle->made))
                                   : tr("“strata bundle FOLDER” fills one where there is a network"));
    }
    for (const Wish& wish : m_model->wishes()) {
        const Row& row = m_rows.at(wish.id);
        const Opinion* opinion = m_model->proposal().opinion(wish.id);
        const bool chosen = wish.deed != Deed::Leave;
        const QSignalBlocker quiet(row.version);
        row.wanted->setChecked(chosen);
        const QStringList versions = m_model->versionsOf(wish.id);
        row.wanted->setEnabled(wish.possible && (chosen || !versions.isEmpty()));
        row.version->clear();
        if (chosen) {
            row.version->addItems(versions);
            const QString version = cleaned(wish.version);
            if (row.version->findText(version) < 0)
                row.version->addItem(version);
            row.version->setCurrentText(version);
        } else {
            row.version->addItem(wish.version.empty() ? tr("none") : cleaned(wish.version));
        }
        row.version->setEnabled(chosen && row.version->count() > 1);
        QString words = deedOf(wish.deed);
        if (opinion != nullptr && !opinion->reason.empty())
            words += QLatin1Char(' ') + cleaned(opinion->reason);
        row.reason->showText(words);
    }
    makeAddons();
    makeGates();
    say();
}

void PrepareChoicePage::say()
{
    QStringList wrong;
    for (const Objection& each : m_model->objections())
        wrong << cleaned(each.text);
    m_wrong->showText(wrong.join(QLatin1Char('\n')));
    m_wrong->setVisible(!wrong.isEmpty());
}

// ---- review
// ----------------------------------------------------------------------------------------------------

PrepareReviewPage::PrepareReviewPage(PrepareModel* model, QWidget* parent) : QWidget(parent), m_model(model)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(28, 22, 28, 22);
    layout->setSpacing(14);
    layout->addWidget(heading(tr("Review"), 1.5, this));
    layout->addLayout(askedLine(m_pill, m_words, m_again, tr("&Ask again"), this));
    m_tabs = new UnderlineTabs(this);
    m_tabs->setAccessibleName(tr("Parts of the review"));
    m_tabs->addTab(tr("Steps and objects"));
    m_tabs->addTab(tr("Differences"));
    m_tabs->addTab(tr("Images"));
    m_pages = new QStackedWidget(this);
    m_steps = reviewTable({tr("Step"), tr("The server's words")}, {58, 42}, tr("Steps and objects"), true);
    m_steps->setObjectName(QStringLiteral("steps"));
    m_steps->setIndentation(16);
    m_differences = new CodeView(this);
    m_differences->setAccessibleName(tr("What the server would make of each object"));
    colourDifferences(m_differences->document());
    m_images = new CodeView(this);
    m_images->setAccessibleName(tr("Images that the nodes must reach"));
    for (QWidget* page : {static_cast<QWidget*>(m_steps), static_cast<QWidget*>(m_differences),
                          static_cast<QWidget*>(m_images)})
        m_pages->addWidget(page);
    auto* framed = new QVBoxLayout;
    framed->setSpacing(0);
    framed->addWidget(m_tabs);
    framed->addWidget(m_pages, 1);
    layout->addLayout(framed, 1);
    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_again, &QPushButton::clicked, model, &PrepareModel::makePlan);
    setAccessibleName(tr("Review"));
}

void PrepareReviewPage::setTab(int index)
{
    m_tabs->setCurrentIndex(index);
}

void PrepareReviewPage::refresh()
{
    using Making = PrepareModel::Making;
    const Making making = m_model->making();
    m_again->setEnabled(making == Making::Accepted || making == Making::Refused || making == Making::None);
    switch (making) {
    case Making::None:
        m_pill->show(stack::Health::Unknown, tr("not asked"));
        m_words->showText(tr("The plan has not been made yet."));
        break;
    case Making::Reading:
        m_pill->show(stack::Health::Progressing, tr("reading"));
        m_words->showText(m_model->reading().isEmpty() ? tr("Reading the manifests and checking them…")
                                                       : tr("Fetching %1").arg(m_model->reading()));
        break;
    case Making::Asking: {
        m_pill->show(stack::Health::Progressing, tr("asking"));
        const int told = m_model->rehearsal() != nullptr ? int(m_model->rehearsal()->verdicts().size()) : 0;
        m_words->showText(
            tr("The server is asked about every object, as a dry run; %n answered. Nothing is written.",
               nullptr, told));
        break;
    }
    case Making::Accepted: {
        m_pill->show(stack::Health::Ok, tr("accepted"));
        QString words = tr("The server accepts all %n objects. Nothing has been written yet.", nullptr,
                           int(m_model->rehearsal()->verdicts().size()));
        for (const std::string& sentence : m_model->plan()->interruption)
            words += QLatin1Char(' ') + shown(sentence);
        m_words->showText(words);
        break;
    }
    case Making::Refused:
        m_pill->show(stack::Health::Failed, tr("refused"));
        m_words->showText(
            (m_model->planError() ? errorText(*m_model->planError()) + QLatin1Char(' ') : QString()) +
            tr("The cluster is as it was."));
        break;
    }
    showSteps();
    showWords();
    showDifferences();
}

void PrepareReviewPage::showSteps()
{
    const auto& plan = m_model->plan();
    const std::string id = plan ? plan->id : std::string();
    if (id == m_shownPlan)
        return;
    m_shownPlan = id;
    m_shownVerdicts = 0;
    m_differencesShown = false;
    m_steps->clear();
    m_objects.clear();
    m_images->setPlainText(m_model->images().join(QLatin1Char('\n')));
    if (!plan)
        return;
    int number = 0;
    for (const provision::Step& step : plan->steps) {
        auto* item = new QTreeWidgetItem({QStringLiteral("%1  %2").arg(++number).arg(shown(step.title))});
        m_steps->addTopLevelItem(item);
        if (!step.writes.empty())
            item->setText(1, tr("%n objects", nullptr, int(step.writes.size())));
        for (const provision::Write& write : step.writes) {
            const provision::Ref ref = provision::refOf(write.object);
            QString words = tr("asking…");
            if (write.verb == provision::Verb::Delete)
                words = tr("Deletes what the step before has made.");
            auto* below = new QTreeWidgetItem(item, {shown(ref.title()), words});
            below->setToolTip(0, plainToolTip(shown(ref.apiVersion + " " + ref.title())));
            if (write.verb != provision::Verb::Delete) {
                below->setIcon(0, healthIcon(stack::Health::Unknown));
                m_objects[ref.apiVersion + " " + ref.title()] = below;
            }
        }
        QStringList waits;
        for (const provision::Wait& wait : step.waits) {
            if (!waits.contains(shown(wait.what)))
                waits << shown(wait.what);
        }
        if (!waits.isEmpty()) {
            auto* below =
                new QTreeWidgetItem(item, {tr("waits, %1 min at most").arg((step.timeoutSeconds + 59) / 60),
                                           waits.join(QStringLiteral(" · "))});
            below->setToolTip(1, plainToolTip(waits.join(QStringLiteral(" · "))));
        }
    }
}

void PrepareReviewPage::showWords()
{
    const ClusterRun* run = m_model->rehearsal();
    if (run == nullptr || run->verdicts().size() == m_shownVerdicts)
        return;
    for (std::size_t i = m_shownVerdicts; i < run->verdicts().size(); ++i) {
        const Verdict& verdict = run->verdicts()[i];
        const auto found = m_objects.find(verdict.ref.apiVersion + " " + verdict.ref.title());
        if (found == m_objects.end())
            continue;
        QString words = shown(verdict.words);
        for (const std::string& warning : verdict.warnings)
            words += QLatin1Char(' ') + tr("Warning: %1").arg(cleaned(warning));
        found->second->setText(1, words);
        found->second->setToolTip(1, plainToolTip(words));
        found->second->setIcon(0, healthIcon(!verdict.accepted          ? stack::Health::Failed
                                             : verdict.warnings.empty() ? stack::Health::Ok
                                                                        : stack::Health::Warning));
        if (!verdict.accepted) {
            found->second->parent()->setExpanded(true);
            m_steps->scrollToItem(found->second);
        }
    }
    m_shownVerdicts = run->verdicts().size();
}

// What exists and would be another; what is new is told by its name.
void PrepareReviewPage::showDifferences()
{
    const ClusterRun* run = m_model->rehearsal();
    if (run == nullptr || run->active()) {
        if (run == nullptr && m_differencesShown) {
            m_differences->clear();
            m_differencesShown = false;
        }
        return;
    }
    if (m_differencesShown)
        return;
    m_differencesShown = true;
    QString changed;
    QString fresh;
    int count = 0;
    for (const Verdict& verdict : run->verdicts()) {
        const QString title = shown(verdict.ref.title());
        if (!verdict.exists) {
            fresh += QStringLiteral("+ %1\n").arg(title);
        } else if (!verdict.after.empty() && verdict.before != verdict.after) {
            ++count;
            changed += QStringLiteral("# %1\n").arg(title) +
                       diffText(lineDiff(QString::fromStdString(verdict.before),
                                         QString::fromStdString(verdict.after))) +
                       QLatin1Char('\n');
        }
    }
    if (!fresh.isEmpty())
        fresh = QStringLiteral("# %1\n").arg(tr("New")) + fresh;
    m_differences->setPlainText(changed + fresh);
    m_tabs->setTabText(1, count > 0 ? tr("Differences %1").arg(count) : tr("Differences"));
}

} // namespace strata::ui
