// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/stack.h"
#include "tests/support/picturesite.h"
#include "ui/hosts/addnodedialog.h"
#include "ui/hosts/domainactions.h"
#include "ui/hosts/domaindialog.h"
#include "ui/hosts/domaineditdialog.h"
#include "ui/hosts/domainspage.h"
#include "ui/hosts/hostdesk.h"
#include "ui/hosts/snapshotsdialog.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTreeWidget>
#include <QtTest>

#include <optional>

using namespace strata;
using namespace strata::ui;
using virt::DomainVerb;

namespace {

constexpr const char* kXml = "<domain type='kvm'>\n  <name>lab-1</name>\n  <uuid>u-1</uuid>\n"
                             "  <memory unit='GiB'>8</memory>\n</domain>\n";

// A host as libvirt would tell it; what is done to it is remembered and changes it.
struct FakeHost {
    std::vector<virt::DomainRow> rows;
    virt::DomainDetail detail;
    std::vector<virt::DomainRequest> done;
    std::optional<Error> refusal;   // of the next act
    std::optional<Error> judgement; // of a document
    std::vector<std::string> notes; // of the next act
    bool silent = false;            // nothing is answered
    int lists = 0;

    HostServices services()
    {
        HostServices out;
        out.domains = [this](const std::string&, QObject*,
                             HostServices::Done<std::vector<virt::DomainRow>> answer) {
            ++lists;
            if (!silent)
                answer(rows);
        };
        out.domain = [this](const std::string&, const std::string&, QObject*,
                            HostServices::Done<virt::DomainDetail> answer) {
            if (!silent)
                answer(detail);
        };
        out.checkXml = [this](const std::string&, const std::string&, const std::string&, QObject*,
                              HostServices::Done<void> answer) {
            if (judgement)
                answer(tl::unexpected<Error>(*judgement));
            else
                answer({});
        };
        out.act = [this](const std::string&, const virt::DomainRequest& request, QObject*,
                         HostServices::Done<virt::DomainDone> answer) {
            done.push_back(request);
            if (silent)
                return;
            if (refusal)
                answer(tl::unexpected<Error>(*refusal));
            else
                answer(virt::DomainDone{request.domain, notes});
        };
        return out;
    }
};

virt::DomainRow row(const char* name, const char* uuid, virt::DomainState state)
{
    virt::DomainRow out;
    out.facts.name = name;
    out.facts.uuid = uuid;
    out.facts.state = state;
    out.facts.vcpus = 4;
    out.facts.memoryBytes = 8LL << 30;
    out.facts.persistent = true;
    return out;
}

DomainTarget target(virt::DomainState state = virt::DomainState::Running)
{
    DomainTarget out;
    out.source = 11;
    out.uri = "qemu:///system";
    out.uuid = "u-1";
    out.name = "lab-1";
    out.state = state;
    return out;
}

virt::DomainRequest request(DomainVerb verb, const char* snapshot = "")
{
    virt::DomainRequest out;
    out.verb = verb;
    out.domain = "u-1";
    out.snapshot = snapshot;
    return out;
}

stack::ItemId firstOf(const stack::Stack& stack, stack::ItemKind kind)
{
    for (const stack::ItemId root : stack.roots(stack::Tree::Hosts)) {
        if (stack.find(root)->kind == kind)
            return root;
        for (const stack::ItemId child : stack.find(root)->childrenIn(stack::Tree::Hosts))
            if (stack.find(child)->kind == kind)
                return child;
    }
    return {};
}

} // namespace

class TestHostsUi : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }
    void init()
    {
        m_host = FakeHost();
        m_host.detail.row = row("lab-1", "u-1", virt::DomainState::ShutOff);
        m_host.detail.xml = kXml;
        m_store = std::make_unique<StackStore>();
        m_store->apply(test::pictureSite());
    }
    void actionsAreGreyWithTheReason();
    void theQuestionSaysWhoNotices();
    void deletingNeedsTheName();
    void whatWentBeyondIsRead();
    void aRefusalStays();
    void closingInTheMiddleHarmsNothing();
    void snapshots();
    void noSnapshots();
    void editingIsCheckedFirst();
    void definingANewOne();
    void theTabOfAHost();
    void theDesk();
    void addsANode();
    void aScriptForABareServer();
    void whatAnEarlierRunHasLeft();
    void pictures();

private:
    FakeHost m_host;
    std::unique_ptr<StackStore> m_store;
};

void TestHostsUi::actionsAreGreyWithTheReason()
{
    QWidget owner;
    DomainActions actions(&owner);
    QVERIFY(actions.offered().isEmpty() && !actions.entry()->isVisible());
    actions.setTarget(target(virt::DomainState::ShutOff));
    QVERIFY(actions.entry()->isVisible());
    QVERIFY(actions.action(DomainVerb::Start)->isEnabled());
    QVERIFY(!actions.action(DomainVerb::Shutdown)->isEnabled());
    QVERIFY(actions.action(DomainVerb::Shutdown)->toolTip().contains(QStringLiteral("It does not run.")));
    QVERIFY(actions.action(DomainVerb::Undefine)->isEnabled());
    actions.setTarget(target());
    QVERIFY(!actions.action(DomainVerb::Start)->isEnabled());
    QVERIFY(!actions.action(DomainVerb::Undefine)->isEnabled());
    DomainTarget known = target();
    known.autostart = true;
    actions.setTarget(known);
    QVERIFY(!actions.action(DomainVerb::AutostartOn)->isVisible());
    QVERIFY(actions.action(DomainVerb::AutostartOff)->isVisible());
    // Of an item of the stack.
    const stack::ItemId domain = firstOf(m_store->stack(), stack::ItemKind::Domain);
    QVERIFY(domain);
    const DomainTarget found = targetOf(m_store->stack(), domain);
    QVERIFY(!found.uuid.empty() && !found.uri.empty());
    QVERIFY(targetOf(m_store->stack(), firstOf(m_store->stack(), stack::ItemKind::Host)).uuid.empty());
}

void TestHostsUi::theQuestionSaysWhoNotices()
{
    const stack::ItemId domain = firstOf(m_store->stack(), stack::ItemKind::Domain);
    DomainDialog dialog(m_host.services(), nullptr, m_store.get(), targetOf(m_store->stack(), domain),
                        request(DomainVerb::Destroy));
    const QString text = dialog.findChild<QLabel*>(QStringLiteral("notices"))->text();
    QVERIFY2(text.contains(QStringLiteral("KubeVirt")), qPrintable(text));
    DomainDialog nobody(m_host.services(), nullptr, m_store.get(), target(), request(DomainVerb::Shutdown));
    QVERIFY(
        nobody.findChild<QLabel*>(QStringLiteral("notices"))->text().startsWith(QStringLiteral("Nobody")));
    QSignalSpy well(&nobody, &DomainDialog::finishedWell);
    nobody.show();
    nobody.findChild<QPushButton*>(QStringLiteral("do"))->click();
    QCOMPARE(m_host.done.size(), std::size_t(1));
    QCOMPARE(m_host.done.front().verb, DomainVerb::Shutdown);
    QCOMPARE(well.count(), 1);
    QVERIFY(!nobody.isVisible());
}

void TestHostsUi::deletingNeedsTheName()
{
    virt::DomainDisk disk;
    disk.source = "/var/lib/libvirt/images/lab-1.qcow2";
    m_host.detail.disks = {disk};
    DomainDialog dialog(m_host.services(), nullptr, m_store.get(), target(virt::DomainState::ShutOff),
                        request(DomainVerb::Undefine));
    auto* button = dialog.findChild<QPushButton*>(QStringLiteral("do"));
    auto* typed = dialog.findChild<QLineEdit*>(QStringLiteral("typed"));
    auto* volumes = dialog.findChild<QCheckBox*>(QStringLiteral("volumes"));
    QVERIFY(!button->isEnabled() && volumes->isEnabled());
    typed->setText(QStringLiteral("lab"));
    QVERIFY(!button->isEnabled());
    typed->setText(QStringLiteral("lab-1"));
    QVERIFY(button->isEnabled());
    volumes->setChecked(true);
    QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("notices"))->text().contains(QStringLiteral("deleted")));
    button->click();
    QVERIFY(m_host.done.size() == 1 && m_host.done.front().volumes);
}

void TestHostsUi::whatWentBeyondIsRead()
{
    m_host.notes = {"/a.img is a disk of another domain, too, and stays."};
    DomainDialog dialog(m_host.services(), nullptr, m_store.get(), target(virt::DomainState::ShutOff),
                        request(DomainVerb::Undefine));
    dialog.show();
    dialog.findChild<QLineEdit*>(QStringLiteral("typed"))->setText(QStringLiteral("lab-1"));
    dialog.findChild<QPushButton*>(QStringLiteral("do"))->click();
    QVERIFY(dialog.isVisible());
    QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("words"))
                ->text()
                .contains(QStringLiteral("another domain")));
    QVERIFY(!dialog.findChild<QPushButton*>(QStringLiteral("do"))->isVisible());
}

void TestHostsUi::aRefusalStays()
{
    m_host.refusal = Error{ErrorKind::Refused, "libvirt does not do this.", "<b>its words</b>", 0, 0};
    DomainDialog dialog(m_host.services(), nullptr, m_store.get(), target(), request(DomainVerb::Reset));
    QSignalSpy failed(&dialog, &DomainDialog::failedWith);
    dialog.show();
    dialog.findChild<QPushButton*>(QStringLiteral("do"))->click();
    QCOMPARE(failed.count(), 1);
    QVERIFY(dialog.isVisible());
    auto* words = dialog.findChild<QLabel*>(QStringLiteral("words"));
    QVERIFY(words->text().contains(QStringLiteral("its words")));
    QCOMPARE(words->textFormat(), Qt::PlainText);
    QVERIFY(dialog.findChild<QPushButton*>(QStringLiteral("do"))->isEnabled()); // once more
}

void TestHostsUi::closingInTheMiddleHarmsNothing()
{
    m_host.silent = true;
    auto dialog = std::make_unique<DomainDialog>(m_host.services(), nullptr, m_store.get(), target(),
                                                 request(DomainVerb::Reset));
    dialog->findChild<QPushButton*>(QStringLiteral("do"))->click();
    QVERIFY(dialog->busy());
    dialog.reset();
    QCOMPARE(m_host.done.size(), std::size_t(1));
}

void TestHostsUi::snapshots()
{
    m_host.detail.snapshots = {{"before", {}, "the old kernel", "shutoff", 1'795'000'000'000, false},
                               {"after", "before", {}, "running", 1'795'000'600'000, true}};
    SnapshotsDialog dialog(m_host.services(), nullptr, m_store.get(), target());
    auto* tree = dialog.findChild<QTreeWidget*>();
    QCOMPARE(tree->topLevelItemCount(), 1);
    QCOMPARE(tree->topLevelItem(0)->childCount(), 1);
    QVERIFY(tree->currentItem()->text(0).startsWith(QStringLiteral("after")));
    auto* name = dialog.findChild<QLineEdit*>(QStringLiteral("name"));
    auto* take = dialog.findChild<QPushButton*>(QStringLiteral("take"));
    name->clear();
    QVERIFY(!take->isEnabled());
    name->setText(QStringLiteral("third"));
    take->click();
    QVERIFY(m_host.done.size() == 1 && m_host.done.front().snapshot == "third");
    QCOMPARE(m_host.done.front().verb, DomainVerb::CreateSnapshot);
    // Going back asks for the name first.
    dialog.show();
    dialog.findChild<QPushButton*>(QStringLiteral("revert"))->click();
    auto* question = dialog.findChild<DomainDialog*>();
    QVERIFY(question);
    question->findChild<QLineEdit*>(QStringLiteral("typed"))->setText(QStringLiteral("after"));
    question->findChild<QPushButton*>(QStringLiteral("do"))->click();
    QCOMPARE(m_host.done.back().verb, DomainVerb::RevertSnapshot);
    QCOMPARE(m_host.done.back().snapshot, std::string("after"));
}

void TestHostsUi::noSnapshots()
{
    m_host.detail.noSnapshots = "The hypervisor of host metal-01 cannot do this.";
    SnapshotsDialog dialog(m_host.services(), nullptr, m_store.get(), target());
    QVERIFY(!dialog.findChild<QPushButton*>(QStringLiteral("take"))->isEnabled());
    QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("words"))
                ->text()
                .contains(QStringLiteral("cannot do this")));
}

void TestHostsUi::editingIsCheckedFirst()
{
    DomainEditDialog dialog(m_host.services(), nullptr, target());
    QVERIFY(!dialog.isChanged() && !dialog.canSave());
    QString xml = dialog.text();
    xml.replace(QStringLiteral(">8</memory>"), QStringLiteral(">16</memory>"));
    dialog.setText(xml);
    QVERIFY(dialog.isChanged() && !dialog.canSave());
    m_host.judgement =
        Error{ErrorKind::Invalid, "libvirt does not accept this document.", "Extra element x", 0, 0};
    dialog.check();
    QVERIFY(dialog.words().contains(QStringLiteral("Extra element x")) && !dialog.canSave());
    QVERIFY(dialog.differences().contains(QStringLiteral("+   <memory unit='GiB'>16</memory>")));
    m_host.judgement.reset();
    dialog.check();
    QVERIFY(dialog.canSave());
    dialog.setText(xml + QStringLiteral("<!-- more -->"));
    QVERIFY(!dialog.canSave()); // something else was checked
    dialog.setText(xml);
    QVERIFY(dialog.canSave());
    dialog.save();
    QCOMPARE(m_host.done.size(), std::size_t(1));
    QCOMPARE(m_host.done.front().base, std::string(kXml));
    QCOMPARE(QString::fromStdString(m_host.done.front().xml), xml);
    QCOMPARE(m_host.done.front().domain, std::string("u-1"));
}

void TestHostsUi::definingANewOne()
{
    DomainTarget host;
    host.uri = "qemu:///system";
    DomainEditDialog dialog(m_host.services(), nullptr, host);
    QVERIFY(dialog.isNew() && dialog.canSave());
    dialog.setText(QStringLiteral("no xml"));
    dialog.save();
    QVERIFY(m_host.done.empty() && dialog.words().contains(QStringLiteral("domain")));
    dialog.setText(QString::fromLatin1(kXml));
    dialog.save();
    QVERIFY(m_host.done.size() == 1 && m_host.done.front().domain.empty());
}

void TestHostsUi::theTabOfAHost()
{
    m_host.rows = {row("blue-wkr-1", "u-2", virt::DomainState::Running),
                   row("lab-1", "u-1", virt::DomainState::ShutOff)};
    m_host.rows[0].facts.autostart = true;
    m_host.rows[0].snapshots = 3;
    m_host.rows[0].keeper = virt::DomainKeeper::KubeVirt;
    Selection selection(m_store.get());
    selection.select(firstOf(m_store->stack(), stack::ItemKind::Host));
    DomainsPage page(m_host.services(), m_store.get(), &selection);
    QCOMPARE(m_host.lists, 0); // nobody looks
    page.resize(900, 300);
    page.show();
    QCOMPARE(m_host.lists, 1);
    QCOMPARE(page.model()->rowCount(), 2);
    QCOMPARE(page.words(), QStringLiteral("1 of 2 run"));
    const auto cell = [&](int line, int column) {
        return page.model()->index(line, column).data().toString();
    };
    QCOMPARE(cell(0, DomainModel::Carries), QStringLiteral("of KubeVirt"));
    QCOMPARE(cell(0, DomainModel::Snapshots), QStringLiteral("3"));
    QCOMPARE(cell(0, DomainModel::Autostart), QStringLiteral("yes"));
    QCOMPARE(cell(1, DomainModel::State), QStringLiteral("Shut off"));
    page.view()->setCurrentIndex(page.model()->index(1, 0));
    QCOMPARE(page.actions()->target().uuid, std::string("u-1"));
    QVERIFY(page.actions()->action(DomainVerb::Start)->isEnabled());
    // Asked again, the chosen one stays.
    m_host.rows.insert(m_host.rows.begin(), row("a", "u-0", virt::DomainState::Running));
    page.reload();
    QCOMPARE(page.actions()->target().uuid, std::string("u-1"));
}

void TestHostsUi::theDesk()
{
    QWidget window;
    Selection selection(m_store.get());
    HostDesk desk(m_host.services(), m_store.get(), &selection, nullptr, &window);
    QVERIFY(desk.offered().isEmpty());
    const stack::ItemId domain = firstOf(m_store->stack(), stack::ItemKind::Domain);
    desk.setItem(domain);
    QVERIFY(desk.entry()->isVisible() && !desk.offered().isEmpty());
    QSignalSpy did(&desk, &HostDesk::did);
    QSignalSpy failed(&desk, &HostDesk::failed);
    for (QAction* action : desk.all())
        if (action->objectName() == QStringLiteral("domain-autostart-on"))
            action->trigger(); // harmless: done at once
    QCOMPARE(did.count(), 1);
    m_host.refusal = Error{ErrorKind::Refused, "no", {}, 0, 0};
    for (QAction* action : desk.all())
        if (action->objectName() == QStringLiteral("domain-autostart-off"))
            action->trigger();
    QCOMPARE(failed.count(), 1);
    for (QAction* action : desk.all())
        if (action->objectName() == QStringLiteral("domain-destroy"))
            action->trigger(); // asks first
    QVERIFY(window.findChild<DomainDialog*>());
    QCOMPARE(m_host.done.size(), std::size_t(2));
}

namespace {

struct FakeRun : hosts::NodeRun {
    explicit FakeRun(hosts::NodePlan given) : made(std::move(given)) {}
    const hosts::NodePlan& plan() const override { return made; }
    void cancel() override {}
    void undo() override {}
    hosts::NodePlan made;
};

ConnectServices lookingAt(bool kvm)
{
    ConnectServices out;
    out.inventory = [kvm](const std::string&, QObject*,
                          const std::function<void(Result<virt::Inventory>)>& done) {
        virt::Inventory inventory;
        inventory.host.arch = "x86_64";
        inventory.host.cpuVendor = "AMD";
        inventory.host.cpuModel = "EPYC-Milan";
        inventory.host.memoryBytes = 512LL << 30;
        inventory.host.kvmUsable = kvm;
        inventory.nested = kvm ? virt::Answer::Yes : virt::Answer::Unknown;
        inventory.pools = {{"default", "dir", "/var/lib/libvirt/images", true, 2LL << 40, 1LL << 40}};
        inventory.poolsKnown = true;
        done(inventory);
    };
    return out;
}

HostServices::JoinFacts joinFacts()
{
    return {{"10.0.0.10:6443", "sha256:" + std::string(64, 'a')}, "v1.34.1"};
}

} // namespace

void TestHostsUi::addsANode()
{
    QTemporaryDir folder;
    const QString image = folder.filePath(QStringLiteral("cloud.img"));
    QFile file(image);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(QByteArray(4096, 'x')) == 4096);
    file.close();
    HostServices services = m_host.services();
    services.joinPlace = [](stack::SourceId cluster, QObject*,
                            const HostServices::Done<HostServices::JoinFacts>& done) {
        QCOMPARE(cluster, test::kOuter);
        done(joinFacts());
    };
    hosts::NodeRunCallbacks callbacks;
    services.startNode = [&callbacks](hosts::NodePlan plan, stack::SourceId, hosts::NodeRunCallbacks given) {
        callbacks = std::move(given);
        return std::make_unique<FakeRun>(std::move(plan));
    };
    AddNodeDialog dialog(services, lookingAt(true), {}, nullptr, m_store.get());
    QSignalSpy well(&dialog, &AddNodeDialog::finishedWell);
    dialog.show();
    auto* next = dialog.findChild<QPushButton*>(QStringLiteral("next"));
    QVERIFY(!next->isEnabled()); // neither a name nor an image, and it says so
    QCOMPARE(dialog.words(), QStringLiteral("It needs a name."));
    dialog.findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("Outer 9"));
    QCOMPARE(dialog.words(), QStringLiteral("Choose the image that it starts from."));
    dialog.findChild<QLineEdit*>(QStringLiteral("image"))->setText(image);
    QVERIFY(next->isEnabled());
    QCOMPARE(dialog.words(), QString());
    next->click();
    QTRY_VERIFY(dialog.words().contains(QStringLiteral("no name for a node")));
    QCOMPARE(dialog.page(), AddNodeDialog::Machine);
    dialog.findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("outer-9"));
    next->click();
    QTRY_COMPARE(dialog.page(), AddNodeDialog::Review);
    const auto* tabs = dialog.findChild<QTabBar*>();
    QCOMPARE(tabs->count(), 2);
    QTRY_VERIFY(tabs->isVisible() && tabs->height() > 10);
    QString all;
    for (const QPlainTextEdit* text : dialog.findChildren<QPlainTextEdit*>())
        all += text->toPlainText();
    QVERIFY(all.contains(QStringLiteral("host-passthrough")) &&
            all.contains(QStringLiteral("#cloud-config")));
    QVERIFY(all.contains(QStringLiteral("kvm_amd")) && all.contains(QStringLiteral("****")));
    next->click();
    QCOMPARE(dialog.page(), AddNodeDialog::Progress);
    auto* steps = dialog.findChild<QTreeWidget*>(QStringLiteral("steps"));
    QCOMPARE(steps->topLevelItemCount(), 7);
    provision::StepReport report;
    report.id = "disk";
    report.state = provision::StepState::Running;
    report.evidence = "1 GiB of 2 GiB sent";
    callbacks.step(report); // from any thread
    QTRY_COMPARE(steps->topLevelItem(1)->text(1), QStringLiteral("1 GiB of 2 GiB sent"));
    provision::RunReport end;
    end.state = provision::RunState::Done;
    callbacks.state(end);
    QTRY_COMPARE(well.count(), 1);
}

void TestHostsUi::aScriptForABareServer()
{
    HostServices services = m_host.services();
    services.joinPlace = [](stack::SourceId, QObject*,
                            const HostServices::Done<HostServices::JoinFacts>& done) { done(joinFacts()); };
    services.startNode = [](hosts::NodePlan plan, stack::SourceId, hosts::NodeRunCallbacks) {
        return std::make_unique<FakeRun>(std::move(plan));
    };
    int tokens = 0;
    services.makeToken = [&tokens](stack::SourceId, const provision::Object&, QObject*,
                                   const HostServices::Done<void>& done) {
        ++tokens;
        done({});
    };
    AddNodeDialog dialog(services, lookingAt(false), {}, nullptr, m_store.get());
    dialog.show();
    // Without KVM a VM is made only when the operator insists.
    dialog.findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("outer-9"));
    dialog.findChild<QLineEdit*>(QStringLiteral("image"))->setText(QStringLiteral("/x"));
    auto* next = dialog.findChild<QPushButton*>(QStringLiteral("next"));
    QVERIFY(!next->isEnabled());
    QCOMPARE(dialog.words(), QStringLiteral("Without KVM it can only be emulated."));
    dialog.findChild<QCheckBox*>(QStringLiteral("emulate"))->setChecked(true);
    QVERIFY(next->isEnabled());
    dialog.findChild<QComboBox*>(QStringLiteral("way"))->setCurrentIndex(1);
    QVERIFY(!dialog.findChild<QComboBox*>(QStringLiteral("pool"))->isVisible());
    next->click();
    QCOMPARE(dialog.page(), AddNodeDialog::Review);
    QVERIFY(!next->isVisible()); // the operator runs it
    for (QPushButton* button : dialog.findChildren<QPushButton*>())
        if (button->isVisible() && button->text().contains(QStringLiteral("Copy")))
            button->click();
    QCOMPARE(tokens, 1);
    const QString copied = QGuiApplication::clipboard()->text();
    QVERIFY(copied.startsWith(QStringLiteral("#!/usr/bin/env bash")));
    QVERIFY(copied.contains(QStringLiteral("kubeadm join 10.0.0.10:6443")) &&
            !copied.contains(QStringLiteral("****")));
}

// What a program that was killed has left stands above the fields, and can be taken back.
void TestHostsUi::whatAnEarlierRunHasLeft()
{
    HostServices services = m_host.services();
    std::vector<hosts::NodeTrace> left(1);
    left[0].title = "Add outer node outer-4";
    left[0].node = "outer-4";
    left[0].uri = "qemu+ssh://metal-04/system";
    left[0].made = {"domain"};
    services.leftNodes = [&left](QObject*, const std::function<void(std::vector<hosts::NodeTrace>)>& done) {
        done(left);
    };
    hosts::NodeRunCallbacks callbacks;
    services.takeBackNode = [&](const hosts::NodeTrace& trace, stack::SourceId,
                                hosts::NodeRunCallbacks given) -> Result<std::unique_ptr<hosts::NodeRun>> {
        callbacks = std::move(given);
        hosts::NodePlan plan;
        plan.title = trace.title;
        return std::make_unique<FakeRun>(std::move(plan));
    };
    AddNodeDialog dialog(services, lookingAt(true), {}, nullptr, m_store.get());
    dialog.show();
    auto* text = dialog.findChild<QLabel*>(QStringLiteral("left"));
    auto* button = dialog.findChild<QPushButton*>(QStringLiteral("takeLeft"));
    QVERIFY(text->isVisible() && button->isVisible());
    QVERIFY(!button->hasFocus()); // a stray Return or Space takes nothing back
    QVERIFY2(text->text().contains(QStringLiteral("domain outer-4")), qPrintable(text->text()));
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(callbacks.state);
    left.clear();
    provision::RunReport end;
    end.state = provision::RunState::Undone;
    end.left = {"The token stays"};
    callbacks.state(end);
    QTRY_VERIFY(text->text().contains(QStringLiteral("is gone again")));
    QVERIFY(text->text().contains(QStringLiteral("The token stays")));
    QVERIFY(!button->isVisible());
}

// STRATA_PICTURES=DIR writes what there is to look at.
void TestHostsUi::pictures()
{
    const QString folder = qEnvironmentVariable("STRATA_PICTURES");
    if (folder.isEmpty())
        QSKIP("STRATA_PICTURES names no folder.");
    m_host.detail.snapshots = {
        {"before the upgrade", {}, "Kubernetes 1.33, kernel 6.1", "shutoff", 1'795'000'000'000, false},
        {"2026-11-18-0930", "before the upgrade", {}, "running", 1'795'000'600'000, true}};
    virt::DomainDisk disk;
    disk.source = "/var/lib/libvirt/images/lab-1.qcow2";
    m_host.detail.disks = {disk};
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
        Theme::instance().setMode(mode);
        const QString suffix =
            mode == ThemeMode::Dark ? QStringLiteral("-dark.png") : QStringLiteral("-light.png");
        const stack::ItemId domain = firstOf(m_store->stack(), stack::ItemKind::Domain);
        DomainDialog off(m_host.services(), nullptr, m_store.get(), targetOf(m_store->stack(), domain),
                         request(DomainVerb::Destroy));
        DomainDialog away(m_host.services(), nullptr, m_store.get(), target(virt::DomainState::ShutOff),
                          request(DomainVerb::Undefine));
        SnapshotsDialog snapshots(m_host.services(), nullptr, m_store.get(), target());
        DomainEditDialog edit(m_host.services(), nullptr, target());
        edit.setText(QString::fromLatin1(kXml).replace(QStringLiteral(">8<"), QStringLiteral(">16<")));
        edit.check();
        const std::pair<QDialog*, const char*> all[] = {{&off, "domain-off"},
                                                        {&away, "domain-delete"},
                                                        {&snapshots, "snapshots"},
                                                        {&edit, "domain-edit"}};
        for (const auto& [dialog, name] : all) {
            dialog->show();
            QVERIFY(QTest::qWaitForWindowExposed(dialog));
            QVERIFY(dialog->grab().save(folder + QLatin1Char('/') + QString::fromLatin1(name) + suffix));
        }
        HostServices services = m_host.services();
        services.startNode = [](hosts::NodePlan plan, stack::SourceId, hosts::NodeRunCallbacks) {
            return std::make_unique<FakeRun>(std::move(plan));
        };
        services.joinPlace = [](stack::SourceId, QObject*,
                                const HostServices::Done<HostServices::JoinFacts>& done) {
            done(joinFacts());
        };
        services.leftNodes = [](QObject*, const std::function<void(std::vector<hosts::NodeTrace>)>& done) {
            hosts::NodeTrace left;
            left.title = "Add outer node outer-3";
            left.node = "outer-3";
            left.uri = "qemu+ssh://root@metal-03/system";
            left.pool = "default";
            left.disk = "outer-3-disk";
            left.made = {"domain", "disk"};
            done({left});
        };
        AddNodeDialog add(services, lookingAt(true), {}, nullptr, m_store.get());
        QTemporaryDir images;
        QFile image(images.filePath(QStringLiteral("debian-12-genericcloud-amd64.raw")));
        QVERIFY(image.open(QIODevice::WriteOnly) && image.write(QByteArray(4096, 'x')) == 4096);
        image.close();
        add.findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("outer-4"));
        add.findChild<QLineEdit*>(QStringLiteral("image"))->setText(image.fileName());
        const char* const pages[] = {"add-node-machine", "add-node-review", "add-node-progress"};
        for (int page = 0; page < 3; ++page) {
            add.show();
            QTRY_COMPARE(int(add.page()), page);
            QVERIFY(QTest::qWaitForWindowExposed(&add));
            QTest::qWait(100); // of a picture only: until the page is laid out
            QVERIFY(add.grab().save(folder + QLatin1Char('/') + QString::fromLatin1(pages[page]) + suffix));
            if (page < 2)
                add.next();
        }
        edit.setText(edit.text()); // its changes are not saved; no question at the end
    }
    Theme::instance().setMode(ThemeMode::System);
}

QTEST_MAIN(TestHostsUi)
#include "test_hosts.moc"
