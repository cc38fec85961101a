// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/screenpage.h"

#include "ui/console/endbar.h"
#include "ui/console/savetext.h"
#include "ui/console/screenview.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elidedlabel.h"
#include "ui/widgets/text.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QMenu>
#include <QShowEvent>
#include <QToolButton>
#include <QVBoxLayout>

#include <mutex>
#include <optional>
#include <utility>

namespace strata::ui {

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
    void onEnd(console::SessionEnd value) override
    {
        change([&] { end = std::move(value); });
    }

    std::mutex mutex; // guards the rest but `page`, which is the GUI thread's
    std::shared_ptr<const console::Picture> picture;
    QRect dirty;
    std::optional<std::string> text;
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

ScreenPage::ScreenPage(const ConsoleServices& services, const QString& title, const GuestConsole& guest,
                       QWidget* parent)
    : SessionPage(QStringLiteral("screen|%1/%2/%3")
                      .arg(guest.source)
                      .arg(shown(guest.guest.ns), shown(guest.guest.name)),
                  title, parent),
      m_services(services), m_guest(guest)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* header = new QWidget(this);
    auto* line = new QHBoxLayout(header);
    line->setContentsMargins(12, 3, 8, 3);
    line->setSpacing(6);
    m_status = new ElidedLabel(header);
    m_status->setMuted(true);
    line->addWidget(m_status, 1);
    m_endBar = new EndBar(this);
    m_view = new ScreenView(this);
    const auto button = [&](const char* icon, const QString& text, bool checkable) {
        auto* made = new QToolButton(header);
        made->setIcon(Theme::icon(QString::fromLatin1(icon)));
        made->setToolTip(text);
        made->setAccessibleName(text);
        made->setCheckable(checkable);
        line->addWidget(made);
        return made;
    };
    auto* keys = new QToolButton(header);
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
    line->addWidget(keys);
    auto* fit = button("fit", tr("Fit into the tab"), true);
    fit->setChecked(true);
    auto* only = button("eye", tr("View only: neither keys nor mouse go to the guest"), true);
    auto* paste = button("import", tr("Give the clipboard's text to the guest"), false);
    auto* shot = button("save", tr("Save a picture…"), false);
    auto* again = button("refresh", tr("Connect anew"), false);
    layout->addWidget(header);
    layout->addWidget(m_endBar);
    layout->addWidget(m_view, 1);
    setFocusProxy(m_view);

    connect(fit, &QToolButton::toggled, m_view, &ScreenView::setFit);
    connect(only, &QToolButton::toggled, this, [this, keys](bool on) {
        m_view->setViewOnly(on);
        keys->setEnabled(!on);
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
    connect(paste, &QToolButton::clicked, this, [this] {
        if (m_screen)
            m_screen->paste(QApplication::clipboard()->text().toLatin1().toStdString());
    });
    connect(shot, &QToolButton::clicked, this, [this] {
        if (const QImage image = m_view->shot(); !image.isNull())
            askToSaveImage(this, shown(m_guest.guest.name) + QStringLiteral(".png"), image);
    });
    connect(again, &QToolButton::clicked, this, [this] { reconnect(); });
    connect(m_endBar, &EndBar::againWanted, this, [this] { reconnect(); });
    connect(m_endBar, &EndBar::takeOverWanted, this, [this] { reconnect(true); });
    tellState(tr("connecting…"));
}

ScreenPage::~ScreenPage()
{
    if (m_mailbox)
        m_mailbox->page = nullptr;
    m_screen.reset();
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
    if (m_mailbox)
        m_mailbox->page = nullptr;
    m_screen.reset();
    m_mailbox = std::make_shared<Mailbox>(this);
    m_endBar->hide();
    setState(State::Connecting);
    tellState(tr("connecting…"));
    Result<std::unique_ptr<console::Screen>> screen =
        m_services.screen(m_guest.source, m_guest.guest, takeOver, m_mailbox);
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
    {
        const std::lock_guard lock(m_mailbox->mutex);
        m_mailbox->awake = false;
        picture = std::exchange(m_mailbox->picture, nullptr);
        dirty = std::exchange(m_mailbox->dirty, QRect());
        end = std::exchange(m_mailbox->end, std::nullopt);
        m_mailbox->text.reset(); // the guest's clipboard stays the guest's
    }
    if (picture) {
        tellState(tr("%1 × %2").arg(picture->width()).arg(picture->height()));
        m_view->setPicture(std::move(picture));
        setState(State::Open);
    }
    if (!dirty.isEmpty())
        m_view->changed(dirty);
    if (end) {
        m_endBar->say(endWords(*end, end->kind == console::SessionEnd::Kind::Closed));
        m_endBar->show();
        setState(State::Ended);
        tellState(tr("ended"));
    }
}

void ScreenPage::tellState(const QString& state)
{
    m_status->setText(tr("screen of %1/%2").arg(shown(m_guest.guest.ns), shown(m_guest.guest.name)) +
                      QStringLiteral(" · ") + state);
}

} // namespace strata::ui
