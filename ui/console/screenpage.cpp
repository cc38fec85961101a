// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/screenpage.h"

#include "ui/console/endbar.h"
#include "ui/console/pageheader.h"
#include "ui/console/savetext.h"
#include "ui/console/screenview.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QMenu>
#include <QShowEvent>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

namespace strata::ui {
namespace {

constexpr int kAgainMs = 1000; // after the first break; doubled with every further one
constexpr int kMostAgainMs = 30'000;

QString keyOf(const std::optional<GuestConsole>& guest, const std::optional<HostConsole>& host)
{
    if (guest)
        return QStringLiteral("screen|%1/%2/%3")
            .arg(guest->source)
            .arg(shown(guest->guest.ns), shown(guest->guest.name));
    return QStringLiteral("screen|%1/%2").arg(host->source).arg(shown(host->uuid));
}

} // namespace

// Written to on the screen's thread, emptied on the GUI's: many changes are one repaint.
class ScreenPage::Mailbox : public console::ScreenHandler,
                            public std::enable_shared_from_this<ScreenPage::Mailbox> {
public:
    explicit Mailbox(ScreenPage* owner) : page(owner) {}

    void onPicture(std::shared_ptr<const console::Picture> value) override
    {
        change([&] { picture = std::move(value); });
    }
    void onUpdate(int x, int y, int width, int height) override
    {
        change([&] { dirty = dirty.united(QRect(x, y, width, height)); });
    }
    void onBell() override {}
    void onText(const std::string& value) override
    {
        change([&] { text = value; });
    }
    void onCursor(int width, int height, int hotX, int hotY,
                  const std::vector<std::uint32_t>& pixels) override
    {
        QImage shape;
        if (width > 0 && height > 0) {
            shape = QImage(width, height, QImage::Format_ARGB32);
            for (int y = 0; y < height; ++y)
                std::memcpy(shape.scanLine(y), pixels.data() + std::size_t(y) * std::size_t(width),
                            std::size_t(width) * 4);
        }
        change([&] { cursor = std::make_pair(std::move(shape), QPoint(hotX, hotY)); });
    }
    void onEnd(console::SessionEnd value) override
    {
        change([&] { end = std::move(value); });
    }

    std::mutex mutex; // guards the rest but `page`, which is the GUI thread's
    std::shared_ptr<const console::Picture> picture;
    QRect dirty;
    std::optional<std::string> text;
    std::optional<std::pair<QImage, QPoint>> cursor;
    std::optional<console::SessionEnd> end;
    bool awake = false;
    ScreenPage* page;

private:
    template<typename What>
    void change(What&& what)
    {
        {
            const std::lock_guard lock(mutex);
            what();
            if (std::exchange(awake, true))
                return;
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self = shared_from_this()] {
                if (self->page != nullptr)
                    self->page->look(self.get());
            },
            Qt::QueuedConnection);
    }
};

ScreenPage::ScreenPage(const ConsoleServices& services, const QString& title,
                       const std::optional<GuestConsole>& guest, const std::optional<HostConsole>& host,
                       QWidget* parent)
    : SessionPage(keyOf(guest, host), title, parent), m_services(services), m_guest(guest), m_host(host)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_header = new PageHeader(this);
    m_endBar = new EndBar(this);
    m_view = new ScreenView(this);
    if (m_guest && m_host && m_services.hostScreen) {
        m_pathBox = m_header->addBox(tr("The way to the screen"));
        m_pathBox->addItem(tr("through KubeVirt"));
        m_pathBox->addItem(tr("through the host"));
        connect(m_pathBox, &QComboBox::activated, this, [this] { reconnect(); });
    }
    auto* keys = new QToolButton(m_header);
    keys->setText(tr("Send keys"));
    keys->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(keys);
    const auto combination = [&](const QString& text, std::vector<std::uint32_t> syms) {
        connect(menu->addAction(text), &QAction::triggered, this, [this, syms = std::move(syms)] {
            m_view->sendKeys(syms);
            m_view->setFocus();
        });
    };
    combination(tr("Ctrl+Alt+Del"), {0xffe3, 0xffe9, 0xffff});
    combination(tr("Ctrl+Alt+Backspace"), {0xffe3, 0xffe9, 0xff08});
    for (std::uint32_t i = 1; i <= 6; ++i)
        combination(tr("Ctrl+Alt+F%1").arg(i), {0xffe3, 0xffe9, 0xffbd + i});
    combination(tr("SysRq"), {0xffe9, 0xff15});
    keys->setMenu(menu);
    m_header->addButton(keys);
    auto* fit = m_header->addButton("fit", tr("Fit into the tab"), true);
    fit->setChecked(true);
    auto* only = m_header->addButton("eye", tr("View only: neither keys nor mouse go to the guest"), true);
    auto* grab =
        m_header->addButton("lock",
                            tr("All keys go to the guest, also those of this window and of the desktop; "
                               "Ctrl+Shift+Escape lets go"),
                            true);
    QMenu* more = m_header->menu();
    QAction* resize = more->addAction(tr("Ask the guest for the tab's size"));
    more->addSeparator();
    QAction* paste = more->addAction(tr("Give the clipboard's text to the guest"));
    m_takeText = more->addAction(tr("Copy what the guest has in its clipboard"));
    m_takeText->setEnabled(false);
    more->addSeparator();
    QAction* shot = more->addAction(Theme::icon(QStringLiteral("save")), tr("Save a picture…"));
    QAction* again = more->addAction(Theme::icon(QStringLiteral("refresh")), tr("Connect anew"));
    layout->addWidget(m_header);
    layout->addWidget(m_endBar);
    layout->addWidget(m_view, 1);
    setFocusProxy(m_view);

    connect(fit, &QToolButton::toggled, m_view, &ScreenView::setFit);
    connect(only, &QToolButton::toggled, this, [this, keys, grab](bool on) {
        m_view->setViewOnly(on);
        keys->setEnabled(!on);
        grab->setEnabled(!on);
    });
    connect(grab, &QToolButton::clicked, m_view, &ScreenView::setGrab);
    connect(m_view, &ScreenView::grabChanged, grab, &QToolButton::setChecked);
    connect(resize, &QAction::triggered, this, [this] {
        if (m_screen)
            m_screen->resize(m_view->viewport()->width(), m_view->viewport()->height());
    });
    connect(m_view, &ScreenView::key, this, [this](quint32 sym, bool pressed) {
        if (m_screen)
            m_screen->key(sym, pressed);
    });
    connect(m_view, &ScreenView::pointer, this, [this](int x, int y, quint32 buttons) {
        if (m_screen)
            m_screen->pointer(x, y, buttons);
    });
    connect(m_view, &ScreenView::leaveWanted, this, &SessionPage::leaveWanted);
    connect(paste, &QAction::triggered, this, [this] {
        if (m_screen)
            m_screen->paste(QApplication::clipboard()->text().toLatin1().toStdString());
    });
    connect(m_takeText, &QAction::triggered, this, [this] {
        QApplication::clipboard()->setText(m_text);
        m_text.clear();
        m_takeText->setEnabled(false);
    });
    connect(shot, &QAction::triggered, this, [this] {
        if (const QImage image = m_view->shot(); !image.isNull())
            askToSaveImage(this, name() + QStringLiteral(".png"), image);
    });
    connect(again, &QAction::triggered, this, [this] { reconnect(); });
    connect(m_endBar, &EndBar::againWanted, this, [this] { reconnect(); });
    connect(m_endBar, &EndBar::takeOverWanted, this, [this] { reconnect(true); });
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, [this] { reconnect(); });
    tellState(tr("connecting…"));
}

ScreenPage::~ScreenPage()
{
    if (m_mailbox)
        m_mailbox->page = nullptr;
    m_screen.reset();
}

bool ScreenPage::byHost() const
{
    return m_host && (!m_guest || (m_pathBox != nullptr && m_pathBox->currentIndex() == 1));
}

QString ScreenPage::name() const
{
    return byHost() ? shown(m_host->name) : shown(m_guest->guest.name);
}

void ScreenPage::showEvent(QShowEvent* event)
{
    SessionPage::showEvent(event);
    seen();
    if (!m_started)
        reconnect();
}

void ScreenPage::enter()
{
    m_view->setFocus(Qt::ShortcutFocusReason);
}

void ScreenPage::reconnect(bool takeOver)
{
    m_started = true;
    m_retry.stop();
    if (m_mailbox)
        m_mailbox->page = nullptr;
    m_screen.reset();
    m_mailbox = std::make_shared<Mailbox>(this);
    m_endBar->hide();
    setState(State::Connecting);
    tellState(tr("connecting…"));
    const auto open = [&]() -> Result<std::unique_ptr<console::Screen>> {
        if (!byHost())
            return m_services.screen(m_guest->source, m_guest->guest, takeOver, m_mailbox);
        if (!m_services.hostScreen)
            return fail(ErrorKind::Refused, tr("Screens of hosts cannot be opened here.").toStdString());
        return m_services.hostScreen(m_host->source, m_host->uuid, m_mailbox);
    };
    Result<std::unique_ptr<console::Screen>> screen = open();
    if (screen)
        m_screen = std::move(*screen);
    else
        m_mailbox->onEnd({console::SessionEnd::Kind::Failed, 0, std::move(screen.error())});
}

void ScreenPage::look(const Mailbox* from)
{
    if (from != m_mailbox.get())
        return;
    std::shared_ptr<const console::Picture> picture;
    QRect dirty;
    std::optional<console::SessionEnd> end;
    std::optional<std::string> text;
    std::optional<std::pair<QImage, QPoint>> cursor;
    {
        const std::lock_guard lock(m_mailbox->mutex);
        m_mailbox->awake = false;
        picture = std::exchange(m_mailbox->picture, nullptr);
        dirty = std::exchange(m_mailbox->dirty, QRect());
        end = std::exchange(m_mailbox->end, std::nullopt);
        text = std::exchange(m_mailbox->text, std::nullopt);
        cursor = std::exchange(m_mailbox->cursor, std::nullopt);
    }
    if (picture) {
        tellState(tr("%1 × %2").arg(picture->width()).arg(picture->height()));
        m_view->setPicture(std::move(picture));
        m_breaks = 0;
        setState(State::Open);
    }
    if (!dirty.isEmpty())
        m_view->changed(dirty);
    if (cursor)
        m_view->setPointer(cursor->first, cursor->second);
    if (text) { // the guest's clipboard stays the guest's until somebody asks for it
        m_text = QString::fromStdString(*text);
        m_takeText->setEnabled(!m_text.isEmpty());
    }
    if (end)
        onEnd(*end);
}

void ScreenPage::onEnd(const console::SessionEnd& end)
{
    using Kind = console::SessionEnd::Kind;
    EndWords words = endWords(end, end.kind == Kind::Closed);
    const bool broke = end.kind == Kind::Failed &&
                       (end.error.kind == ErrorKind::Network || end.error.kind == ErrorKind::Timeout ||
                        end.error.kind == ErrorKind::Server || end.error.kind == ErrorKind::Tls);
    if (broke && m_pathBox != nullptr && !byHost()) {
        m_pathBox->setCurrentIndex(1);
        words.health = stack::Health::Warning;
        words.text += QLatin1Char(' ') + tr("Going on through the host.");
        m_retry.start(0);
    } else if (broke && (!m_view->shot().isNull() || m_breaks < 3)) {
        const int wait = std::min(kMostAgainMs, kAgainMs << std::min(m_breaks, 5));
        ++m_breaks;
        words.health = stack::Health::Warning;
        words.text += QLatin1Char(' ') + tr("Trying again in %n s.", nullptr, (wait + 999) / 1000);
        m_retry.start(wait);
    }
    m_endBar->say(words);
    m_endBar->show();
    setState(State::Ended);
    tellState(tr("ended"));
}

void ScreenPage::tellState(const QString& state)
{
    const QString where =
        byHost() ? tr("screen of %1, through its host").arg(shown(m_host->name))
                 : tr("screen of %1/%2").arg(shown(m_guest->guest.ns), shown(m_guest->guest.name));
    m_header->setStatus(state + QStringLiteral(" · ") + where); // where it is, its tab says, too
}

} // namespace strata::ui
