// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/machinespage.h"

#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/inputs.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

namespace {

constexpr std::array<int, 3> kReplicas = {1, 3, 5};

QSpinBox* spin(int least, int most)
{
    auto* box = new QSpinBox;
    box->setRange(least, most);
    return box;
}

QStringList pieces(const QString& text)
{
    QStringList out;
    for (const QString& piece : text.split(QLatin1Char(','))) {
        if (!piece.trimmed().isEmpty())
            out << piece.trimmed();
    }
    return out;
}

void putAmount(QComboBox* box, const std::string& text)
{
    if (typed(box->currentText()) != text)
        box->setEditText(shown(text));
}

} // namespace

std::map<std::string, std::string> labelsFromText(const QString& text)
{
    std::map<std::string, std::string> labels;
    for (const QString& piece : pieces(text)) {
        const qsizetype equals = piece.indexOf(QLatin1Char('='));
        labels[typed(piece.left(equals < 0 ? piece.size() : equals))] =
            equals < 0 ? std::string() : typed(piece.mid(equals + 1));
    }
    return labels;
}

QString labelsToText(const std::map<std::string, std::string>& labels)
{
    QStringList out;
    for (const auto& [key, value] : labels)
        out << shown(key) + QLatin1Char('=') + shown(value);
    return out.join(QStringLiteral(", "));
}

std::vector<Taint> taintsFromText(const QString& text)
{
    std::vector<Taint> taints;
    for (const QString& piece : pieces(text)) {
        const auto taint = parseTaint(piece.toStdString());
        taints.push_back(taint ? *taint : Taint{piece.toStdString(), {}, {}});
    }
    return taints;
}

QString taintsToText(const std::vector<Taint>& taints)
{
    QStringList out;
    for (const Taint& taint : taints)
        out << (taint.effect.empty() ? shown(taint.key) : shown(toText(taint)));
    return out.join(QStringLiteral(", "));
}

MachinesPage::MachinesPage(WizardModel* model, QWidget* parent)
    : WizardPage(model, tr("Image and machines"), {}, parent)
{
    m_classHeading = addSection(tr("What the class leaves open"));
    m_variables = new QWidget;
    (new QVBoxLayout(m_variables))->setContentsMargins(0, 0, 0, 0);
    m_variablesField = addField("clusterClass.variables", {}, m_variables);
    m_imageHeading = addSection(tr("Image"));
    m_source = new QComboBox;
    m_source->addItem(tr("Container disk, copied to a persistent disk (CDI)"), int(ImageSource::Registry));
    m_source->addItem(tr("Image file, downloaded to a persistent disk (CDI)"), int(ImageSource::Http));
    m_source->addItem(tr("Clone of a prepared claim (CDI)"), int(ImageSource::Pvc));
    m_source->addItem(tr("Container disk, run as it is"), int(ImageSource::ContainerDisk));
    setFirst(m_source);
    m_sourceField = addField("image.source", tr("The &root disk comes from"), m_source);
    m_location = new QLineEdit;
    m_location->setMaxLength(2048);
    m_locationField = addField("image.location", tr("&Image"), m_location);

    addSection(tr("Control plane"));
    auto* row = new FieldRow(this);
    auto* numbers = new QWidget;
    auto* line = new QHBoxLayout(numbers);
    line->setContentsMargins(0, 5, 0, 5);
    line->setSpacing(14);
    auto* group = new QButtonGroup(numbers);
    for (std::size_t i = 0; i < kReplicas.size(); ++i) {
        m_replicas[i] = new QRadioButton(QString::number(kReplicas[i]), numbers);
        group->addButton(m_replicas[i], kReplicas[i]);
        line->addWidget(m_replicas[i]);
    }
    numbers->setFocusProxy(m_replicas[0]);
    m_replicasField = field("controlPlane.replicas", tr("Machines"), numbers);
    row->add(m_replicasField);
    row->addStretch();
    auto* below = new FieldRow(this);
    m_plane = addSize(row, below, "controlPlane.size",
                      [](ClusterProfile& p) -> MachineSize* { return &p.controlPlane.size; });
    body()->addWidget(row);
    body()->addWidget(below);

    addSection(tr("Worker pools"));
    m_pools = new QWidget;
    m_poolList = new QVBoxLayout(m_pools);
    m_poolList->setContentsMargins(0, 0, 0, 0);
    m_poolList->setSpacing(10);
    addField("workers", {}, m_pools);
    auto* add = new QPushButton(tr("&Add a pool"), this);
    add->setIcon(Theme::icon(QStringLiteral("plus")));
    add->setAutoDefault(false);
    add->setObjectName(QStringLiteral("addPool"));
    auto* addLine = new QHBoxLayout;
    addLine->addWidget(add);
    addLine->addStretch();
    body()->addLayout(addLine);
    body()->addStretch(1);

    connect(m_source, &QComboBox::activated, this, [this] {
        const auto source = static_cast<ImageSource>(m_source->currentData().toInt());
        edit("image.source", [&](ClusterProfile& p) {
            if (p.image.source == source)
                return;
            const auto fromRegistry = [](ImageSource each) {
                return each == ImageSource::Registry || each == ImageSource::ContainerDisk;
            };
            if (fromRegistry(source) != fromRegistry(p.image.source) || !fromRegistry(source))
                p.image.location = fromRegistry(source) ? NodeImage{}.location : std::string();
            p.image.source = source;
        });
        loadQuietly();
    });
    connect(m_location, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("image.location", [&](ClusterProfile& p) { p.image.location = typed(text); });
        showSource();
    });
    connect(group, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (on)
            edit("controlPlane.replicas", [&](ClusterProfile& p) { p.controlPlane.replicas = id; });
        showSource();
    });
    connect(add, &QPushButton::clicked, this, [this] {
        edit("workers", [](ClusterProfile& p) {
            WorkerPool pool;
            for (int number = 0;; ++number) {
                pool.name = "md-" + std::to_string(number);
                const bool taken =
                    std::any_of(p.workers.begin(), p.workers.end(),
                                [&](const WorkerPool& other) { return other.name == pool.name; });
                if (!taken)
                    break;
            }
            if (!p.workers.empty()) {
                pool.size = p.workers.back().size;
                pool.workerClass = p.workers.back().workerClass;
            }
            p.workers.push_back(std::move(pool));
        });
        loadQuietly();
        m_cards.back().name->setFocus();
        m_cards.back().name->selectAll();
    });
    connect(this->model(), &WizardModel::surveyed, this, &MachinesPage::fillStorageClasses);
}

SizeInputs MachinesPage::addSize(FieldRow* row, FieldRow* apart, const std::string& path, const SizeOf& size)
{
    SizeInputs inputs;
    inputs.vcpus = spin(1, 512);
    inputs.memory = amountBox({QStringLiteral("2Gi"), QStringLiteral("4Gi"), QStringLiteral("8Gi"),
                               QStringLiteral("16Gi"), QStringLiteral("32Gi"), QStringLiteral("64Gi")});
    inputs.disk = amountBox(
        {QStringLiteral("20Gi"), QStringLiteral("40Gi"), QStringLiteral("80Gi"), QStringLiteral("160Gi")});
    inputs.storageClass = new QComboBox;
    inputs.storageClass->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    inputs.storageClass->setMinimumContentsLength(6);
    row->add(field(path + ".vcpus", tr("vCPU"), inputs.vcpus));
    row->add(field(path + ".memory", tr("Memory"), inputs.memory));
    row->add(field(path + ".disk", tr("Disk"), inputs.disk));
    apart->add(field(path + ".storageClass", tr("Storage class"), inputs.storageClass), 1);
    connect(inputs.vcpus, &QSpinBox::valueChanged, this, [this, path, size](int value) {
        edit(path + ".vcpus", [&](ClusterProfile& p) { size(p)->vcpus = value; });
    });
    connect(inputs.memory, &QComboBox::currentTextChanged, this, [this, path, size](const QString& text) {
        edit(path + ".memory", [&](ClusterProfile& p) { size(p)->memory = typed(text); });
    });
    connect(inputs.disk, &QComboBox::currentTextChanged, this, [this, path, size](const QString& text) {
        edit(path + ".disk", [&](ClusterProfile& p) { size(p)->disk = typed(text); });
    });
    QComboBox* const classes = inputs.storageClass;
    connect(classes, &QComboBox::activated, this, [this, path, size, classes] {
        edit(path + ".storageClass", [&](ClusterProfile& p) {
            size(p)->storageClass = classes->currentData().toString().toStdString();
        });
    });
    return inputs;
}

void MachinesPage::loadSize(const SizeInputs& inputs, const MachineSize& size)
{
    inputs.vcpus->setValue(size.vcpus);
    putAmount(inputs.memory, size.memory);
    putAmount(inputs.disk, size.disk);
    const bool persistent = model()->profile().image.source != ImageSource::ContainerDisk;
    inputs.disk->setEnabled(persistent);
    inputs.storageClass->setEnabled(persistent);
    const Survey& survey = model()->survey();
    const QSignalBlocker quiet(inputs.storageClass);
    inputs.storageClass->clear();
    inputs.storageClass->addItem(survey.defaultStorageClass.empty()
                                     ? tr("the default")
                                     : tr("default (%1)").arg(shown(survey.defaultStorageClass)),
                                 QString());
    for (const std::string& name : survey.site.storageClasses)
        inputs.storageClass->addItem(shown(name), shown(name));
    int at = inputs.storageClass->findData(shown(size.storageClass));
    if (at < 0) { // of a profile made for another site: shown as it is, validation tells
        inputs.storageClass->addItem(shown(size.storageClass), shown(size.storageClass));
        at = inputs.storageClass->count() - 1;
    }
    inputs.storageClass->setCurrentIndex(at);
}

void MachinesPage::fillStorageClasses()
{
    loadQuietly();
}

void MachinesPage::showSource()
{
    const ClusterProfile& p = model()->profile();
    QString label = tr("&Image");
    QString hint;
    QString placeholder;
    switch (p.image.source) {
    case ImageSource::Registry:
        m_sourceField->setHint(tr("Each machine has a disk of its own that survives restarts."));
        hint = tr("Used: %1").arg(shown(p.effectiveImage()));
        break;
    case ImageSource::ContainerDisk:
        m_sourceField->setHint(tr("No storage is needed, but a machine loses its node's state, and a control "
                                  "plane its etcd member, when its VM restarts. For trials only."));
        hint = tr("Used: %1").arg(shown(p.effectiveImage()));
        break;
    case ImageSource::Http:
        m_sourceField->setHint(tr("A qcow2 or raw image with kubeadm and the kubelet of this version."));
        label = tr("&URL");
        placeholder = QStringLiteral("https://images.example.com/node-v1.34.1.qcow2");
        break;
    case ImageSource::Pvc:
        m_sourceField->setHint(tr("Quick where the storage can clone. The claim is not changed."));
        label = tr("C&laim");
        placeholder = QStringLiteral("images/ubuntu-2204-v1.34.1");
        break;
    }
    m_locationField->setLabel(label);
    m_locationField->setHint(hint);
    m_location->setPlaceholderText(placeholder);
    switch (p.controlPlane.replicas) {
    case 1:
        m_replicasField->setHint(tr("One machine: the API is away while it is."));
        break;
    case 3:
        m_replicasField->setHint(tr("Three machines: one may fail."));
        break;
    default:
        m_replicasField->setHint(tr("Five machines: two may fail."));
        break;
    }
}

void MachinesPage::load()
{
    const ClusterProfile& p = model()->profile();
    m_source->setCurrentIndex(dataIndex(m_source, int(p.image.source)));
    put(m_location, p.image.location);
    for (std::size_t i = 0; i < kReplicas.size(); ++i)
        m_replicas[i]->setChecked(p.controlPlane.replicas == kReplicas[i]);
    loadSize(m_plane, p.controlPlane.size);
    if (m_cards.size() != p.workers.size())
        rebuildPools();
    for (std::size_t i = 0; i < m_cards.size(); ++i)
        loadPool(m_cards[i], p.workers[i]);
    showSource();
    showClass();
}

void MachinesPage::showSize(const SizeInputs& inputs, bool visible)
{
    for (QWidget* input : {static_cast<QWidget*>(inputs.vcpus), static_cast<QWidget*>(inputs.memory),
                           static_cast<QWidget*>(inputs.disk), static_cast<QWidget*>(inputs.storageClass)})
        input->parentWidget()->setVisible(visible); // the field
}

void MachinesPage::showClass()
{
    const ClusterProfile& p = model()->profile();
    const bool byClass = p.classRef.has_value();
    const KnownClass* known = model()->survey().site.classOf(p);
    const QString title = known != nullptr ? shown(known->title()) : QString();
    if (title != m_shownClass) {
        m_shownClass = title;
        rebuildVariables(known);
    }
    const bool open = known != nullptr && !known->variables.empty();
    m_classHeading->setVisible(byClass);
    m_variablesField->setVisible(byClass);
    m_variablesField->setHint(open ? QString() : tr("This class has no variables, or they cannot be read."));
    for (QWidget* widget :
         {m_imageHeading, static_cast<QWidget*>(m_sourceField), static_cast<QWidget*>(m_locationField)})
        widget->setVisible(!byClass);
    showSize(m_plane, !byClass);
    for (std::size_t i = 0; i < m_cards.size(); ++i) {
        const PoolCard& card = m_cards[i];
        showSize(card.size, !byClass);
        card.taints->parentWidget()->setVisible(!byClass);
        card.workerClass->parentWidget()->setVisible(byClass);
        const QSignalBlocker quiet(card.workerClass);
        card.workerClass->clear();
        const std::string now =
            p.workers[i].workerClass.empty() ? std::string(kWorkerClass) : p.workers[i].workerClass;
        for (const std::string& name : known != nullptr ? known->workerClasses : std::vector<std::string>())
            card.workerClass->addItem(shown(name), shown(name));
        if (card.workerClass->findData(shown(now)) < 0)
            card.workerClass->addItem(shown(now), shown(now));
        card.workerClass->setCurrentIndex(card.workerClass->findData(shown(now)));
    }
    for (const auto& loadVariable : m_loadVariables)
        loadVariable();
}

// A variable's value, or a field's of one that is an object; JSON text.
std::string MachinesPage::chosen(const std::string& name, const std::string& of) const
{
    const auto& choice = model()->profile().classRef;
    if (!choice)
        return {};
    const auto found = choice->variables.find(of.empty() ? name : of);
    if (found == choice->variables.end())
        return {};
    return of.empty() ? found->second : memberOf(found->second, name);
}

void MachinesPage::choose(const std::string& path, const std::string& name, const std::string& of,
                          const std::string& json)
{
    edit(path, [&](ClusterProfile& p) {
        if (!p.classRef)
            return;
        auto& variables = p.classRef->variables;
        const std::string& key = of.empty() ? name : of;
        const std::string next = of.empty() ? json : withMember(variables[key], name, json);
        if (next.empty())
            variables.erase(key);
        else
            variables[key] = next;
    });
}

void MachinesPage::rebuildVariables(const KnownClass* known)
{
    forgetFields("clusterClass.variables.");
    m_loadVariables.clear();
    for (QWidget* old : m_variables->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) {
        old->hide();
        old->deleteLater();
    }
    if (known == nullptr)
        return;
    auto* list = static_cast<QVBoxLayout*>(m_variables->layout());
    for (const ClassVariable& variable : known->variables) {
        const std::vector<ClassVariable> fields = variable.fields();
        if (fields.empty()) {
            list->addWidget(addVariable(variable, {}));
            continue;
        }
        auto* heading = new ThemedLabel(variable.description().empty() ? shown(variable.name)
                                                                       : shown(variable.description()),
                                        TextRole::Muted, m_variables);
        list->addWidget(heading);
        auto* row = new FieldRow(m_variables);
        for (const ClassVariable& each : fields)
            row->add(static_cast<FormField*>(addVariable(each, variable.name)), 1);
        list->addWidget(row);
    }
}

QWidget* MachinesPage::addVariable(const ClassVariable& variable, const std::string& of)
{
    const std::string path =
        "clusterClass.variables." + (of.empty() ? std::string() : of + ".") + variable.name;
    const std::string name = variable.name;
    const QString standard = shown(inputFromValue(variable.standard()));
    const QString label = shown(name).replace(QLatin1Char('&'), QLatin1String("&&"));
    const QString hint = of.empty() ? shown(variable.description()) : QString();
    if (const std::vector<std::string> choices = variable.choices(); !choices.empty()) {
        auto* box = new QComboBox;
        box->addItem(standard.isEmpty() ? tr("not set") : tr("default (%1)").arg(standard), QString());
        for (const std::string& choice : choices)
            box->addItem(shown(choice), shown(choice));
        connect(box, &QComboBox::activated, this, [this, box, path, name, of, variable] {
            const QString value = box->currentData().toString();
            choose(path, name, of,
                   value.isEmpty() ? std::string() : valueFromInput(variable, value.toStdString()));
        });
        m_loadVariables.emplace_back([this, box, name, of] {
            box->setCurrentIndex(qMax(0, box->findData(shown(inputFromValue(chosen(name, of))))));
        });
        return field(path, label, box, hint);
    }
    if (variable.type() == "boolean") {
        auto* box = new QCheckBox(label);
        connect(box, &QCheckBox::toggled, this,
                [this, path, name, of](bool on) { choose(path, name, of, on ? "true" : "false"); });
        m_loadVariables.emplace_back([this, box, name, of, variable] {
            const std::string value = chosen(name, of);
            box->setChecked((value.empty() ? variable.standard() : value) == "true");
        });
        return field(path, {}, box, hint);
    }
    auto* line = new QLineEdit;
    line->setPlaceholderText(standard);
    connect(line, &QLineEdit::textEdited, this, [this, path, name, of, variable](const QString& text) {
        const std::string value = typed(text);
        choose(path, name, of, value.empty() ? std::string() : valueFromInput(variable, value));
    });
    m_loadVariables.emplace_back([this, line, name, of] { put(line, inputFromValue(chosen(name, of))); });
    return field(path, label, line, hint);
}

bool MachinesPage::focusField(const std::string& path)
{
    // What is behind "More" must be seen first.
    for (std::size_t i = 0; i < m_cards.size(); ++i) {
        const std::string of = "workers[" + std::to_string(i) + "].";
        for (const char* part : {"labels", "taints", "autoscaler"}) {
            if (path.rfind(of + part, 0) == 0)
                m_cards[i].more->setChecked(true);
        }
    }
    return WizardPage::focusField(path);
}

void MachinesPage::rebuildPools()
{
    forgetFields("workers[");
    for (const PoolCard& card : m_cards)
        card.frame->deleteLater();
    m_cards.clear();
    for (std::size_t i = 0; i < model()->profile().workers.size(); ++i) {
        m_cards.push_back(makePool(i));
        m_poolList->addWidget(m_cards.back().frame);
    }
}

PoolCard MachinesPage::makePool(std::size_t index)
{
    const std::string path = "workers[" + std::to_string(index) + "]";
    PoolCard card;
    card.frame = new QFrame(m_pools);
    card.frame->setProperty("card", true);
    auto* layout = new QVBoxLayout(card.frame);
    layout->setContentsMargins(14, 12, 14, 12);
    layout->setSpacing(8);
    auto* top = new FieldRow(card.frame);
    card.name = new QLineEdit;
    card.name->setMaxLength(63);
    top->add(field(path + ".name", tr("Pool"), card.name), 1);
    card.workerClass = new QComboBox;
    top->add(field(path + ".class", tr("Worker class"), card.workerClass), 1);
    auto* row = new FieldRow(card.frame);
    card.count = spin(0, 1000);
    row->add(field(path + ".count", tr("Machines"), card.count));
    card.size = addSize(row, top, path + ".size",
                        [index](ClusterProfile& p) -> MachineSize* { return &p.workers[index].size; });
    row->addStretch();
    layout->addWidget(top);
    layout->addWidget(row);

    auto* bottom = new QHBoxLayout;
    card.more = new QToolButton(card.frame);
    card.more->setText(tr("Labels, taints, scaling"));
    card.more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    card.more->setIcon(Theme::icon(QStringLiteral("chevron-right")));
    card.more->setCheckable(true);
    card.more->setFocusPolicy(Qt::StrongFocus);
    card.more->setProperty("muted", true);
    card.remove = new QPushButton(tr("Remove"), card.frame);
    card.remove->setProperty("flat", true);
    card.remove->setFlat(true);
    card.remove->setAutoDefault(false);
    card.remove->setAccessibleName(tr("Remove this pool"));
    bottom->addWidget(card.more);
    bottom->addStretch();
    bottom->addWidget(card.remove);
    layout->addLayout(bottom);

    card.details = new QWidget(card.frame);
    auto* details = new QVBoxLayout(card.details);
    details->setContentsMargins(0, 0, 0, 0);
    details->setSpacing(8);
    card.labels = new QLineEdit;
    card.labels->setPlaceholderText(QStringLiteral("example.com/zone=west, disk=nvme"));
    details->addWidget(field(path + ".labels", tr("Labels of the nodes"), card.labels));
    card.taints = new QLineEdit;
    card.taints->setPlaceholderText(QStringLiteral("example.com/gpu=yes:NoSchedule"));
    details->addWidget(field(path + ".taints", tr("Taints of the nodes"), card.taints));
    auto* scaling = new QWidget;
    auto* scalingLine = new QHBoxLayout(scaling);
    scalingLine->setContentsMargins(0, 0, 0, 0);
    card.scales = new QCheckBox(tr("Autoscaled, from"), scaling);
    card.least = spin(0, 1000);
    card.most = spin(1, 1000);
    scalingLine->addWidget(card.scales);
    scalingLine->addWidget(card.least);
    scalingLine->addWidget(new QLabel(tr("to"), scaling));
    scalingLine->addWidget(card.most);
    scalingLine->addStretch();
    card.least->setAccessibleName(tr("At least"));
    card.most->setAccessibleName(tr("At most"));
    scaling->setFocusProxy(card.scales);
    details->addWidget(field(path + ".autoscaler", {}, scaling,
                             tr("The cluster autoscaler may change the number within these bounds.")));
    card.details->hide();
    layout->addWidget(card.details);

    const auto pool = [this, path, index](const char* part, const std::function<void(WorkerPool&)>& change) {
        edit(path + part, [&](ClusterProfile& p) {
            if (index < p.workers.size())
                change(p.workers[index]);
        });
    };
    connect(card.name, &QLineEdit::textEdited, this,
            [pool](const QString& text) { pool(".name", [&](WorkerPool& w) { w.name = typed(text); }); });
    QComboBox* const worker = card.workerClass;
    connect(worker, &QComboBox::activated, this, [pool, worker] {
        pool(".class",
             [&](WorkerPool& w) { w.workerClass = worker->currentData().toString().toStdString(); });
    });
    connect(card.count, &QSpinBox::valueChanged, this,
            [pool](int value) { pool(".count", [&](WorkerPool& w) { w.count = value; }); });
    connect(card.labels, &QLineEdit::textEdited, this, [pool](const QString& text) {
        pool(".labels", [&](WorkerPool& w) { w.labels = labelsFromText(text); });
    });
    connect(card.taints, &QLineEdit::textEdited, this, [pool](const QString& text) {
        pool(".taints", [&](WorkerPool& w) { w.taints = taintsFromText(text); });
    });
    const auto bounds = [pool, card] {
        pool(".autoscaler", [&](WorkerPool& w) {
            if (card.scales->isChecked())
                w.autoscaler = Autoscaler{card.least->value(), card.most->value()};
            else
                w.autoscaler.reset();
        });
        card.least->setEnabled(card.scales->isChecked());
        card.most->setEnabled(card.scales->isChecked());
    };
    connect(card.scales, &QCheckBox::toggled, this, [card, bounds](bool on) {
        if (on && card.most->value() < card.count->value()) {
            const QSignalBlocker quietMost(card.most);
            const QSignalBlocker quietLeast(card.least);
            card.least->setValue(qMin(1, card.count->value()));
            card.most->setValue(qMax(2 * card.count->value(), 2));
        }
        bounds();
    });
    connect(card.least, &QSpinBox::valueChanged, this, bounds);
    connect(card.most, &QSpinBox::valueChanged, this, bounds);
    connect(card.more, &QToolButton::toggled, this, [card](bool on) {
        card.details->setVisible(on);
        card.more->setIcon(
            Theme::icon(on ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
    });
    connect(card.remove, &QPushButton::clicked, this, [this, index] {
        edit("workers", [&](ClusterProfile& p) {
            if (index < p.workers.size())
                p.workers.erase(p.workers.begin() + long(index));
        });
        loadQuietly();
    });
    return card;
}

void MachinesPage::loadPool(const PoolCard& card, const WorkerPool& pool)
{
    put(card.name, pool.name);
    card.count->setValue(pool.count);
    loadSize(card.size, pool.size);
    if (labelsFromText(card.labels->text()) != pool.labels)
        card.labels->setText(labelsToText(pool.labels));
    if (taintsFromText(card.taints->text()) != pool.taints)
        card.taints->setText(taintsToText(pool.taints));
    card.scales->setChecked(pool.autoscaler.has_value());
    if (pool.autoscaler) {
        card.least->setValue(pool.autoscaler->min);
        card.most->setValue(pool.autoscaler->max);
    }
    card.least->setEnabled(pool.autoscaler.has_value());
    card.most->setEnabled(pool.autoscaler.has_value());
    if (!pool.labels.empty() || !pool.taints.empty() || pool.autoscaler)
        card.more->setChecked(true);
}

} // namespace strata::ui
