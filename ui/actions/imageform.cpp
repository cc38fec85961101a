// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/imageform.h"

#include "core/base/quantity.h"
#include "ui/actions/imageuploads.h"
#include "ui/connect/errorwords.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/clusterruns.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <set>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kSettleMs = 250;

// "disk" from "Ubuntu 22.04 disk.qcow2".
QString nameFrom(const QString& file)
{
    QString name = QFileInfo(file).completeBaseName().toLower();
    for (QChar& c : name) {
        if (!(c >= QLatin1Char('a') && c <= QLatin1Char('z')) && !c.isDigit())
            c = QLatin1Char('-');
    }
    while (name.startsWith(QLatin1Char('-')))
        name.remove(0, 1);
    name.truncate(60);
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    return name;
}

} // namespace

ImageForm::ImageForm(ClusterRuns* runs, StackStore* store, ImageUploads* uploads, What what, SourceId source,
                     const QString& image, const std::vector<provision::Object>& dataVolumes,
                     const std::vector<std::string>& used, QWidget* parent)
    : QDialog(parent), m_runs(runs), m_store(store), m_uploads(uploads), m_what(what), m_source(source),
      m_image(image), m_dataVolumes(dataVolumes), m_used(used)
{
    setObjectName(QStringLiteral("imageForm"));
    resize(600, 420);
    const QString title = what == What::Import     ? tr("Import an image")
                          : what == What::Upload   ? tr("Upload an image file")
                          : what == What::Clone    ? tr("Clone %1").arg(image)
                          : what == What::Schedule ? tr("Schedule an image's imports")
                                                   : tr("Delete %1").arg(image);
    setWindowTitle(title);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    m_title = new ThemedLabel(title, TextRole::Text, this);
    m_title->setLook(1.3, QFont::DemiBold);
    m_title->setWordWrap(true);
    layout->addWidget(m_title);
    makeFields();
    layout->addWidget(new ThemedLabel(tr("Who will notice"), TextRole::Muted, this));
    m_interruption = new ThemedLabel(TextRole::Text, this);
    m_interruption->setWordWrap(true);
    layout->addWidget(m_interruption);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_words);
    layout->addStretch();
    auto* buttons = new QHBoxLayout;
    auto* cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    m_do = new QPushButton(what == What::Import     ? tr("Import")
                           : what == What::Upload   ? tr("Upload")
                           : what == What::Clone    ? tr("Clone")
                           : what == What::Schedule ? tr("Begin")
                                                    : tr("Delete"),
                           this);
    m_do->setObjectName(QStringLiteral("do"));
    const bool hurts = what == What::Delete;
    m_do->setProperty(hurts ? "danger" : "primary", true);
    m_do->setAutoDefault(!hurts);
    m_do->setDefault(!hurts);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_do);
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_do, &QPushButton::clicked, this, &ImageForm::confirm);
    m_later.setSingleShot(true);
    m_later.setInterval(kSettleMs);
    connect(&m_later, &QTimer::timeout, this, &ImageForm::draft);
    draft();
}

ImageForm::~ImageForm() = default;

void ImageForm::makeFields()
{
    auto* form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    const auto later = [this] {
        m_accepted = false;
        enable();
        m_later.start();
    };
    const auto line = [&](const char* name, const QString& hint) {
        auto* made = new QLineEdit(this);
        made->setObjectName(QString::fromLatin1(name));
        made->setPlaceholderText(hint);
        connect(made, &QLineEdit::textChanged, this, later);
        return made;
    };
    auto* outer = qobject_cast<QVBoxLayout*>(layout());
    if (m_what == What::Delete) {
        m_typed = line("typed", {});
        form->addRow(tr("Type %1 to say that you mean it:").arg(m_image.section(QLatin1Char('/'), 1)),
                     m_typed);
        outer->addLayout(form);
        return;
    }
    if (m_what == What::Upload) {
        m_file = line("file", tr("raw, qcow2, vmdk, vdi; also compressed with gzip or xz"));
        auto* browse = new QPushButton(tr("Browse…"), this);
        browse->setAutoDefault(false);
        connect(browse, &QPushButton::clicked, this, &ImageForm::browse);
        auto* row = new QHBoxLayout;
        row->addWidget(m_file, 1);
        row->addWidget(browse);
        form->addRow(tr("&File"), row);
        qobject_cast<QLabel*>(form->labelForField(row))->setBuddy(m_file);
    }
    if (m_what == What::Import || m_what == What::Schedule) {
        m_url =
            line("url", m_what == What::Import ? tr("https://…, s3://… or docker://…") : tr("docker://…"));
        form->addRow(tr("&From"), m_url);
    }
    if (m_what == What::Schedule) {
        m_schedule = line("schedule", tr("minute hour day month weekday"));
        m_schedule->setText(QStringLiteral("0 3 * * 1"));
        form->addRow(tr("&When, as cron has it"), m_schedule);
    }
    m_ns = new QComboBox(this);
    m_ns->setObjectName(QStringLiteral("namespace"));
    m_ns->setEditable(true);
    m_ns->setInsertPolicy(QComboBox::NoInsert);
    std::set<std::string> spaces;
    const Stack& stack = m_store->stack();
    for (const ItemId root : stack.roots(Tree::Tenants)) {
        const Item* item = stack.find(root);
        if (item != nullptr && item->source == m_source)
            spaces.insert(item->ns);
    }
    for (const std::string& space : spaces)
        m_ns->addItem(shown(space));
    if (m_what == What::Clone)
        m_ns->setEditText(m_image.section(QLatin1Char('/'), 0, 0));
    connect(m_ns, &QComboBox::editTextChanged, this, later);
    form->addRow(tr("Na&mespace"), m_ns);
    m_name = line("name", tr("lower-case letters, digits and dashes"));
    if (m_what == What::Clone)
        m_name->setText(m_image.section(QLatin1Char('/'), 1) + QStringLiteral("-copy"));
    form->addRow(tr("&Name"), m_name);
    m_size = line("size", m_what == What::Upload  ? tr("as large as the image needs")
                          : m_what == What::Clone ? tr("as the original")
                                                  : QStringLiteral("20Gi"));
    form->addRow(tr("&Size of the disk"), m_size);
    m_class = new QComboBox(this);
    m_class->setObjectName(QStringLiteral("storage-class"));
    m_class->addItem(tr("The cluster's default"), QString());
    for (const ObjectFact* fact : stack.platform(m_source, FactKind::StorageClass))
        m_class->addItem(shown(fact->meta.name), shown(fact->meta.name));
    connect(m_class, &QComboBox::currentIndexChanged, this, later);
    form->addRow(tr("S&torage class"), m_class);
    outer->addLayout(form);
}

void ImageForm::browse()
{
    auto* dialog = new QFileDialog(this, tr("Image file"));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_file->setText(file);
        if (m_name->text().isEmpty())
            m_name->setText(nameFrom(file));
    });
    dialog->open();
}

Result<provision::Plan> ImageForm::plan()
{
    actions::ImageWish wish;
    if (m_what == What::Delete)
        return actions::deleteImagePlan(m_image.section(QLatin1Char('/'), 0, 0).toStdString(),
                                        m_image.section(QLatin1Char('/'), 1).toStdString(), m_dataVolumes,
                                        m_used);
    wish.ns = m_ns->currentText().trimmed().toStdString();
    wish.name = m_name->text().trimmed().toStdString();
    wish.size = m_size->text().trimmed().toStdString();
    wish.storageClass = m_class->currentData().toString().toStdString();
    if (m_url != nullptr)
        wish.url = m_url->text().trimmed().toStdString();
    switch (m_what) {
    case What::Upload: {
        // Its first bytes and its size: what a file dialog reads, too.
        const auto facts = actions::imageFileFacts(m_file->text().trimmed().toStdString());
        if (!facts)
            return tl::unexpected(facts.error());
        m_facts = *facts;
        return actions::uploadPlan(wish, facts->virtualBytes);
    }
    case What::Clone:
        return actions::clonePlan(wish, m_image.toStdString());
    case What::Schedule:
        return actions::schedulePlan(wish, m_schedule->text().trimmed().toStdString());
    default:
        return actions::importPlan(wish);
    }
}

void ImageForm::draft()
{
    m_rehearsal.reset();
    m_plan.reset();
    m_accepted = false;
    // Nothing is complained about before anything is filled in.
    const bool empty = (m_name != nullptr && m_name->text().isEmpty()) ||
                       (m_url != nullptr && m_url->text().isEmpty()) ||
                       (m_file != nullptr && m_file->text().isEmpty());
    if (empty) {
        m_interruption->showText(QStringLiteral("—"));
        say({}, false);
        enable();
        return;
    }
    const auto made = plan();
    if (!made) {
        m_interruption->showText(QStringLiteral("—"));
        say(errorText(made.error()), false);
        m_words->setRole(TextRole::Warning);
        enable();
        return;
    }
    m_plan = *made;
    QStringList sentences;
    for (const std::string& sentence : m_plan->interruption)
        sentences << cleaned(sentence);
    for (const provision::Step& step : m_plan->steps)
        sentences << cleaned(step.title);
    if (m_what == What::Upload)
        sentences
            << tr("Then %1 (%2) are sent.").arg(shown(formatBytes(m_facts.bytes)), shown(m_facts.format));
    m_interruption->showText(sentences.join(QLatin1Char('\n')));
    say(tr("Asking the server…"), false);
    m_rehearsal = m_runs->rehearse(m_source, *m_plan);
    if (!m_rehearsal) {
        say(tr("Its cluster is not connected."), true);
    } else {
        connect(m_rehearsal.get(), &ClusterRun::changed, this, &ImageForm::takeRehearsal);
    }
    enable();
}

void ImageForm::takeRehearsal()
{
    if (!m_rehearsal || m_rehearsal->active())
        return;
    m_accepted = m_rehearsal->phase() == ClusterRun::Phase::Done;
    QStringList words;
    for (const provision::Verdict& verdict : m_rehearsal->verdicts()) {
        if (!verdict.accepted)
            words << tr("%1: %2").arg(cleaned(verdict.ref.title()), cleaned(verdict.words));
    }
    if (words.isEmpty() && m_rehearsal->error())
        words << errorText(*m_rehearsal->error());
    if (m_accepted)
        words.prepend(tr("The server accepts all of it. Nothing is written yet."));
    say(words.join(QLatin1Char('\n')), !m_accepted);
    enable();
}

void ImageForm::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

void ImageForm::enable()
{
    if (m_do == nullptr) // fields are filled before the button is there
        return;
    const bool meant = m_typed == nullptr || m_typed->text() == m_image.section(QLatin1Char('/'), 1);
    m_do->setEnabled(isReady() && meant && !m_later.isActive());
}

void ImageForm::confirm()
{
    if (!isReady() || !m_do->isEnabled())
        return;
    if (m_what == What::Upload) {
        const int id = m_uploads->start(m_source, *m_plan, m_plan->ns, m_name->text().trimmed().toStdString(),
                                        m_file->text().trimmed(), m_facts.bytes);
        if (id == 0)
            say(tr("Its cluster is not connected."), true);
        else
            accept();
        return;
    }
    ClusterRun* run = m_runs->carryOut(m_source, *m_plan);
    if (run == nullptr) {
        say(tr("Its cluster is not connected."), true);
        return;
    }
    accept();
    Q_EMIT begun(run);
}

} // namespace strata::ui
