// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/hostdialog.h"

#include "core/base/text.h"
#include "core/checks/hardware.h"
#include "core/checks/report.h"
#include "ui/checks/checkmodel.h"
#include "ui/connect/errorwords.h"
#include "ui/connect/hoststages.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyle>
#include <QToolButton>
#include <QTreeWidget>
#include <QUrl>
#include <QUrlQuery>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

using Stage = HostStages::Stage;
using StageState = HostStages::State;

const QString kKeyFile = QStringLiteral("keyfile");

// As libvirt reads a URI with a host and no transport.
bool goesOverTls(const QString& uri)
{
    const QUrl url(uri);
    const QString scheme = url.scheme();
    return !url.host().isEmpty() && (scheme.endsWith(QLatin1String("+tls")) ||
                                     (!scheme.isEmpty() && !scheme.contains(QLatin1Char('+'))));
}

} // namespace

class HostDialog::Private {
public:
    HostDialog* q;
    ConnectServices services;
    QLineEdit* uri = nullptr;
    QLineEdit* name = nullptr;
    QWidget* keyRow = nullptr; // of ssh
    QLineEdit* keyFile = nullptr;
    QLabel* keyLabel = nullptr;
    ThemedLabel* tls = nullptr; // where its certificates are looked for
    HostStages* stages = nullptr;
    ThemedLabel* state = nullptr;
    QPushButton* test = nullptr;
    QPushButton* connectButton = nullptr;
    std::unique_ptr<QObject> running; // context of the running test
    bool nameTyped = false;
    QWidget* checksBox = nullptr; // what the host lacks, after a test
    ThemedLabel* checksSum = nullptr;
    QComboBox* profile = nullptr;
    QTreeWidget* checks = nullptr;
    QPlainTextEdit* remedy = nullptr; // of the check that is chosen
    QTreeWidget* hardware = nullptr;
    QTabBar* tabs = nullptr;
    QStackedWidget* stacked = nullptr;
    std::optional<virt::Inventory> inventory;
    QWidget* trustBox = nullptr; // the key of a host that ssh does not know
    ThemedLabel* trustWords = nullptr;
    ThemedLabel* trustKeysShown = nullptr;
    QPushButton* trust = nullptr;
    std::vector<virt::HostKey> keys;

    // A host whose key ssh does not trust: what it shows is shown before it is trusted.
    void askKeys()
    {
        const std::string address = uri->text().trimmed().toStdString();
        if (!services.hostKeys || !services.trustKeys || !virt::goesOverSsh(address))
            return;
        keys.clear();
        stages->set(Stage::Trusted, StageState::Bad);
        trustWords->setRole(TextRole::Progressing);
        trustWords->showText(HostDialog::tr("Asking for the host's key…"));
        trustKeysShown->hide();
        trust->hide();
        trustBox->show();
        services.hostKeys(address, running.get(), [this](Result<virt::HostKeys> answer) {
            if (!answer) {
                trustWords->setRole(TextRole::Failed);
                trustWords->showText(errorText(answer.error()));
                return;
            }
            QStringList lines;
            for (const virt::HostKey& key : answer->keys)
                lines << QStringLiteral("%1  %2").arg(cleaned(key.fingerprint), cleaned(key.type));
            trustKeysShown->showText(lines.join(QLatin1Char('\n')));
            trustKeysShown->show();
            trustWords->setRole(answer->changed ? TextRole::Failed : TextRole::Text);
            trustWords->showText(
                answer->changed
                    ? HostDialog::tr(
                          "The host shows another key than the one that was trusted before. It was set up "
                          "anew, or somebody stands in between. If you are sure of it, take the old key "
                          "away with ssh-keygen -R and test again. It shows now:")
                    : HostDialog::tr(
                          "This host is new to ssh. It shows these keys; compare one with what its own "
                          "console says (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub):"));
            trust->setVisible(!answer->changed);
            keys = answer->keys;
            q->resize(q->width(), qMax(q->height(), q->sizeHint().height()));
        });
    }

    void say(TextRole role, const QString& text)
    {
        state->setRole(role);
        state->showText(text);
    }

    // Whether the URI may be used; says why not.
    bool check()
    {
        const QString text = uri->text().trimmed();
        bool good = false;
        if (text.isEmpty()) {
            say(TextRole::Muted, {});
        } else {
            const Result<std::string> checked = services.checkUri ? services.checkUri(text.toStdString())
                                                                  : Result<std::string>(text.toStdString());
            good = checked.has_value();
            if (good)
                say(TextRole::Muted, HostDialog::tr("Looks right. Test asks the host itself."));
            else
                say(TextRole::Failed, errorText(checked.error()));
        }
        const bool wrong = !good && !text.isEmpty();
        if (uri->property("wrong").toBool() != wrong) {
            uri->setProperty("wrong", wrong);
            uri->style()->unpolish(uri);
            uri->style()->polish(uri);
        }
        test->setEnabled(good && services.testHost);
        connectButton->setEnabled(good);
        // What is asked first is what the Enter key does.
        (services.testHost && stages->state(Stage::Reached) != StageState::Good ? test : connectButton)
            ->setDefault(true);
        stages->set(Stage::Address, text.isEmpty() ? StageState::Open
                                    : good         ? StageState::Good
                                                   : StageState::Bad);
        return good;
    }

    // What belongs to the way that the URI names.
    void showWay()
    {
        const QString text = uri->text().trimmed();
        const bool ssh = virt::goesOverSsh(text.toStdString());
        const bool secure = goesOverTls(text);
        keyRow->setVisible(ssh);
        keyLabel->setVisible(ssh);
        tls->setVisible(secure);
        stages->setShown(Stage::Trusted, ssh || secure);
        const QString file = QUrlQuery(QUrl(text)).queryItemValue(kKeyFile, QUrl::FullyDecoded);
        if (keyFile->text() != file && !keyFile->hasFocus())
            keyFile->setText(file);
    }

    // The key's file is part of the URI: what is remembered and what virsh would be given is one and the
    // same.
    void useKey(const QString& file)
    {
        QUrl url(uri->text().trimmed());
        QUrlQuery query(url);
        query.removeAllQueryItems(kKeyFile);
        if (!file.trimmed().isEmpty())
            query.addQueryItem(kKeyFile, QString::fromUtf8(QUrl::toPercentEncoding(file.trimmed(), "/")));
        url.setQuery(query.isEmpty() ? QString() : query.query(QUrl::FullyEncoded));
        uri->setText(url.toString(QUrl::FullyEncoded));
    }

    void askKeyFile()
    {
        auto* dialog = new QFileDialog(q, HostDialog::tr("The private key for this host"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        dialog->setDirectory(QDir::home().filePath(QStringLiteral(".ssh")));
        dialog->setFilter(QDir::Files | QDir::Hidden | QDir::AllDirs | QDir::NoDotAndDotDot);
        QObject::connect(dialog, &QFileDialog::fileSelected, q, [this](const QString& path) {
            keyFile->setText(path);
            useKey(path);
        });
        dialog->open();
    }

    void hideChecks()
    {
        inventory.reset();
        checksBox->hide();
    }

    void showChecks()
    {
        if (!inventory)
            return;
        checks::Subject subject;
        subject.name = name->text().toStdString();
        subject.libvirt = inventory;
        const checks::Profile* wanted =
            checks::Profile::named(profile->currentData().toString().toStdString());
        const std::vector<checks::Check> all = checks::checkHost(subject, *wanted);
        int passed = 0;
        int failed = 0;
        this->checks->clear();
        remedy->clear();
        for (const checks::Verdict verdict :
             {checks::Verdict::Fail, checks::Verdict::Warn, checks::Verdict::Unknown}) {
            for (const checks::Check& check : all) {
                if (check.verdict != verdict)
                    continue;
                auto* row = new QTreeWidgetItem(
                    this->checks, {shown(check.title),
                                   check.value.empty() ? verdictText(check.verdict) : shown(check.value),
                                   shown(check.wanted)});
                row->setIcon(0, healthIcon(healthOf(check.verdict)));
                QString hint = shown(check.reason);
                for (const std::string& command : check.commands)
                    hint += QLatin1Char('\n') + shown(command);
                for (int column = 0; column < 3; ++column)
                    row->setToolTip(column, plainToolTip(hint.trimmed()));
                row->setData(0, Qt::UserRole, hint.trimmed());
            }
        }
        if (this->checks->topLevelItemCount() > 0)
            this->checks->setCurrentItem(this->checks->topLevelItem(0));
        for (const checks::Check& check : all) {
            passed += check.verdict == checks::Verdict::Pass ? 1 : 0;
            failed += check.verdict == checks::Verdict::Fail ? 1 : 0;
        }
        const int open = int(all.size()) - passed;
        stages->set(Stage::Hardware, StageState::Good);
        stages->set(Stage::Fit, failed > 0 ? StageState::Bad
                                : open > 0 ? StageState::Doubtful
                                           : StageState::Good);
        remedy->setVisible(open > 0);
        checksSum->setRole(failed > 0 ? TextRole::Failed : open > 0 ? TextRole::Warning : TextRole::Ok);
        checksSum->showText(
            open == 0 ? HostDialog::tr("All checks pass.")
                      : HostDialog::tr("%1 of %2 checks pass. The others:").arg(passed).arg(all.size()));
        hardware->clear();
        for (const auto& [label, value] : checks::hardwareRows(*inventory)) {
            auto* row = new QTreeWidgetItem(hardware, {shown(label), cleaned(value)});
            row->setToolTip(1, plainToolTip(cleaned(value)));
        }
        tabs->setTabText(0, open == 0 ? HostDialog::tr("Checks") : HostDialog::tr("Checks %1").arg(open));
        tabs->show();
        stacked->show();
        profile->show();
        checksBox->show();
        q->resize(q->width(), qMax(q->height(), q->sizeHint().height()));
    }

    void ask()
    {
        if (!services.inventory)
            return;
        checksSum->setRole(TextRole::Progressing);
        checksSum->showText(HostDialog::tr("Reading its hardware…"));
        stages->set(Stage::Hardware, StageState::Doing);
        tabs->hide();
        stacked->hide();
        profile->hide();
        checksBox->show();
        services.inventory(
            uri->text().trimmed().toStdString(), running.get(), [this](Result<virt::Inventory> answer) {
                if (!answer) {
                    hideChecks();
                    stages->set(Stage::Hardware, StageState::Bad);
                    say(TextRole::Warning, state->text() + QLatin1Char(' ') +
                                               HostDialog::tr("Its hardware could not be read: %1")
                                                   .arg(errorText(answer.error())));
                    return;
                }
                inventory = std::move(*answer);
                showChecks();
            });
    }

    QString suggestedName() const
    {
        const QString host = QUrl(uri->text().trimmed()).host();
        return host.isEmpty() ? HostDialog::tr("this machine") : host;
    }
};

HostDialog::HostDialog(const ConnectServices& services, QWidget* parent)
    : QDialog(parent), m_d(std::make_unique<Private>())
{
    Private& d = *m_d;
    d.q = this;
    d.services = services;
    setWindowTitle(tr("Enrol a host"));
    setMinimumWidth(560);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    auto* words = new ThemedLabel(
        tr("A bare-metal machine, reached through libvirt. Strata reads its hardware and its domains."),
        TextRole::Muted, this);
    words->setWordWrap(true);
    layout->addWidget(words);

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(14);
    d.uri = new QLineEdit(this);
    d.uri->setPlaceholderText(QStringLiteral("qemu+ssh://root@metal-01/system"));
    d.uri->setMaxLength(1024);
    form->addRow(tr("&URI"), d.uri);
    auto* examples = new QHBoxLayout;
    examples->setSpacing(4);
    examples->addWidget(new ThemedLabel(tr("For example:"), TextRole::Muted, this));
    const std::pair<QString, const char*> shown[] = {
        {tr("this machine"), "qemu:///system"},
        {tr("over SSH"), "qemu+ssh://root@metal-01/system"},
        {tr("over TLS"), "qemu+tls://metal-01/system"},
    };
    for (const auto& [title, uri] : shown) {
        auto* button = new QPushButton(title, this);
        button->setProperty("flat", true);
        button->setFlat(true);
        button->setAutoDefault(false);
        button->setToolTip(QLatin1String(uri));
        connect(button, &QPushButton::clicked, this, [this, text = QString::fromLatin1(uri)] {
            setUri(text);
            m_d->uri->setFocus();
        });
        examples->addWidget(button);
    }
    examples->addStretch();
    form->addRow(QString(), examples);
    d.name = new QLineEdit(this);
    d.name->setMaxLength(63);
    d.keyRow = new QWidget(this);
    auto* keyLine = new QHBoxLayout(d.keyRow);
    keyLine->setContentsMargins(0, 0, 0, 0);
    keyLine->setSpacing(4);
    d.keyFile = new QLineEdit(d.keyRow);
    d.keyFile->setObjectName(QStringLiteral("keyFile"));
    d.keyFile->setAccessibleName(tr("SSH key"));
    d.keyFile->setPlaceholderText(tr("the agent's keys and the usual ones of ~/.ssh"));
    d.keyFile->setMaxLength(512);
    auto* browse = new QToolButton(d.keyRow);
    browse->setText(QStringLiteral("…"));
    browse->setToolTip(tr("Choose the private key for this host"));
    browse->setAccessibleName(browse->toolTip());
    keyLine->addWidget(d.keyFile, 1);
    keyLine->addWidget(browse);
    d.keyLabel = new QLabel(tr("SSH &key"), this);
    d.keyLabel->setBuddy(d.keyFile);
    form->addRow(d.keyLabel, d.keyRow);
    form->addRow(tr("&Name"), d.name);
    layout->addLayout(form);
    d.tls = new ThemedLabel(
        tr("Over TLS both sides show certificates. libvirt reads those of this machine from ~/.pki/libvirt "
           "(cacert.pem, clientcert.pem, clientkey.pem), else from /etc/pki/CA and /etc/pki/libvirt."),
        TextRole::Muted, this);
    d.tls->setWordWrap(true);
    layout->addWidget(d.tls);
    d.stages = new HostStages(this);
    layout->addWidget(d.stages);
    connect(d.keyFile, &QLineEdit::textEdited, this, [this](const QString& file) { m_d->useKey(file); });
    connect(browse, &QToolButton::clicked, this, [this] { m_d->askKeyFile(); });

    d.state = new ThemedLabel(TextRole::Muted, this);
    d.state->setWordWrap(true);
    d.state->setMinimumHeight(fontMetrics().lineSpacing() * 2);
    d.state->setAlignment(Qt::AlignLeading | Qt::AlignTop);
    d.state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(d.state, 1);

    d.trustBox = new QWidget(this);
    d.trustBox->setObjectName(QStringLiteral("trustBox"));
    auto* trustLayout = new QVBoxLayout(d.trustBox);
    trustLayout->setContentsMargins(0, 0, 0, 0);
    trustLayout->setSpacing(6);
    d.trustWords = new ThemedLabel(TextRole::Text, d.trustBox);
    d.trustWords->setWordWrap(true);
    d.trustKeysShown = new ThemedLabel(TextRole::Text, d.trustBox);
    d.trustKeysShown->setObjectName(QStringLiteral("keys"));
    d.trustKeysShown->setFont(Theme::monospace());
    d.trustKeysShown->setTextInteractionFlags(Qt::TextSelectableByMouse);
    d.trust = new QPushButton(tr("&Trust this host"), d.trustBox);
    d.trust->setObjectName(QStringLiteral("trust"));
    d.trust->setAutoDefault(false);
    auto* trustRow = new QHBoxLayout;
    trustRow->addWidget(d.trust);
    trustRow->addStretch();
    trustLayout->addWidget(d.trustWords);
    trustLayout->addWidget(d.trustKeysShown);
    trustLayout->addLayout(trustRow);
    layout->addWidget(d.trustBox);
    d.trustBox->hide();
    connect(d.trust, &QPushButton::clicked, this, [this] {
        m_d->trust->setEnabled(false);
        m_d->services.trustKeys(m_d->keys, this, [this](Result<void> done) {
            m_d->trust->setEnabled(true);
            if (!done) {
                m_d->trustWords->setRole(TextRole::Failed);
                m_d->trustWords->showText(errorText(done.error()));
                return;
            }
            m_d->trustBox->hide();
            m_d->test->click();
        });
    });

    d.checksBox = new QWidget(this);
    auto* checkLayout = new QVBoxLayout(d.checksBox);
    checkLayout->setContentsMargins(0, 0, 0, 0);
    checkLayout->setSpacing(6);
    d.checksSum = new ThemedLabel(TextRole::Text, d.checksBox);
    d.profile = new QComboBox(d.checksBox);
    d.profile->setAccessibleName(tr("Profile"));
    d.profile->addItem(tr("Lab"), QStringLiteral("lab"));
    d.profile->addItem(tr("Production"), QStringLiteral("production"));
    checkLayout->addWidget(d.checksSum);
    auto* checkHead = new QHBoxLayout;
    d.tabs = new UnderlineTabs(d.checksBox);
    d.tabs->setAccessibleName(tr("What is known of the host"));
    d.tabs->addTab(tr("Checks"));
    d.tabs->addTab(tr("Hardware"));
    checkHead->addWidget(d.tabs, 1);
    checkHead->addWidget(d.profile);
    checkLayout->addLayout(checkHead);
    d.stacked = new QStackedWidget(d.checksBox);
    // What lists would like to have is no reason to be higher than a small screen.
    d.stacked->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    d.stacked->setMinimumHeight(fontMetrics().lineSpacing() * 11);
    d.checks = new QTreeWidget(d.stacked);
    d.checks->setAccessibleName(tr("Checks that do not pass"));
    d.checks->setHeaderLabels({tr("Check"), tr("Found"), tr("Wanted")});
    d.checks->setRootIsDecorated(false);
    d.checks->setUniformRowHeights(true);
    d.checks->setItemDelegate(new CellDelegate(d.checks));
    d.checks->header()->resizeSection(0, 190);
    d.checks->header()->resizeSection(1, 160);
    d.hardware = new QTreeWidget(d.stacked);
    d.hardware->setObjectName(QStringLiteral("hardware"));
    d.hardware->setAccessibleName(tr("Hardware"));
    d.hardware->setHeaderHidden(true);
    d.hardware->setColumnCount(2);
    d.hardware->setRootIsDecorated(false);
    d.hardware->setUniformRowHeights(true);
    d.hardware->setItemDelegate(new CellDelegate(d.hardware));
    d.hardware->header()->resizeSection(0, 130);
    auto* checkPage = new QWidget(d.stacked);
    auto* checkPageLayout = new QVBoxLayout(checkPage);
    checkPageLayout->setContentsMargins(0, 0, 0, 0);
    checkPageLayout->setSpacing(6);
    d.remedy = new QPlainTextEdit(checkPage);
    d.remedy->setObjectName(QStringLiteral("remedy"));
    d.remedy->setAccessibleName(tr("Why, and the commands that mend it"));
    d.remedy->setReadOnly(true);
    d.remedy->setFont(Theme::monospace());
    d.remedy->setFixedHeight(fontMetrics().lineSpacing() * 4);
    checkPageLayout->addWidget(d.checks, 1);
    checkPageLayout->addWidget(d.remedy);
    connect(d.checks, &QTreeWidget::currentItemChanged, this, [this](const QTreeWidgetItem* row) {
        m_d->remedy->setPlainText(row == nullptr ? QString() : row->data(0, Qt::UserRole).toString());
    });
    d.stacked->addWidget(checkPage);
    d.stacked->addWidget(d.hardware);
    checkLayout->addWidget(d.stacked, 1);
    connect(d.tabs, &QTabBar::currentChanged, d.stacked, &QStackedWidget::setCurrentIndex);
    layout->addWidget(d.checksBox, 3);
    d.checksBox->hide();
    connect(d.profile, &QComboBox::currentIndexChanged, this, [this] { m_d->showChecks(); });

    auto* buttons = new QHBoxLayout;
    d.test = new QPushButton(tr("&Test"), this);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    d.connectButton = new QPushButton(tr("&Enrol"), this);
    for (QPushButton* button : {d.test, cancel})
        button->setAutoDefault(false);
    buttons->addWidget(d.test);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(d.connectButton);
    layout->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(d.uri, &QLineEdit::textChanged, this, [this] {
        m_d->hideChecks();
        m_d->trustBox->hide();
        m_d->running.reset(); // its answer would be about another URI
        m_d->stages->clearFrom(Stage::Address);
        m_d->check();
        m_d->showWay();
        if (!m_d->nameTyped)
            m_d->name->setText(m_d->uri->text().trimmed().isEmpty() ? QString() : m_d->suggestedName());
    });
    connect(d.name, &QLineEdit::textEdited, this, [this] { m_d->nameTyped = !m_d->name->text().isEmpty(); });
    connect(d.test, &QPushButton::clicked, this, [this] {
        if (!m_d->check())
            return;
        m_d->hideChecks();
        m_d->trustBox->hide();
        m_d->say(TextRole::Progressing, tr("Asking the host…"));
        m_d->stages->clearFrom(Stage::Trusted);
        m_d->stages->set(Stage::Reached, StageState::Doing);
        m_d->test->setDefault(true);
        m_d->test->setEnabled(false);
        m_d->running = std::make_unique<QObject>();
        m_d->services.testHost(
            m_d->uri->text().trimmed().toStdString(), m_d->running.get(), [this](Result<std::string> answer) {
                m_d->test->setEnabled(true);
                if (!answer) {
                    m_d->say(TextRole::Failed, errorText(answer.error()));
                    const bool unknown = answer.error().kind == ErrorKind::Tls;
                    m_d->stages->set(Stage::Trusted, unknown ? StageState::Bad : StageState::Open);
                    m_d->stages->set(Stage::Reached, unknown ? StageState::Open : StageState::Bad);
                    if (unknown)
                        m_d->askKeys();
                    return;
                }
                m_d->stages->set(Stage::Trusted, StageState::Good);
                m_d->stages->set(Stage::Reached, StageState::Good);
                m_d->connectButton->setDefault(true);
                m_d->say(TextRole::Ok, tr("It answers: %1").arg(QString::fromStdString(cleanText(*answer))));
                m_d->ask();
            });
    });
    connect(d.connectButton, &QPushButton::clicked, this, [this] {
        if (!m_d->check())
            return;
        const QString name = m_d->name->text().trimmed();
        Q_EMIT connectHost(m_d->uri->text().trimmed(), name.isEmpty() ? m_d->suggestedName() : name);
        accept();
    });
    d.check();
    d.showWay();
}

HostDialog::~HostDialog() = default;

QByteArray HostDialog::report() const
{
    if (!m_d->inventory)
        return {};
    checks::HostReport host;
    const QString name = m_d->name->text().trimmed();
    host.subject.name = (name.isEmpty() ? m_d->suggestedName() : name).toStdString();
    host.subject.libvirt = m_d->inventory;
    const checks::Profile& profile =
        *checks::Profile::named(m_d->profile->currentData().toString().toStdString());
    host.checks = checks::checkHost(host.subject, profile);
    return QByteArray::fromStdString(checks::printJson({host}, profile));
}

void HostDialog::setUri(const QString& uri)
{
    m_d->uri->setText(uri);
}

} // namespace strata::ui
