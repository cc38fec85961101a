// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/screenshots.h"

#include "ui/console/consoletargets.h"
#include "ui/widgets/text.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QImageReader>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace strata::ui {
namespace {

constexpr int kRestMs = 400;     // after the first update: a screen comes in pieces
constexpr int kLongestMs = 6000; // for all of it
constexpr int kMostMiB = 256;    // of a picture that is decoded
constexpr int kWidth = 480;      // it is kept no wider than this

} // namespace

// One look at a screen: hears of it on its thread.
class Screenshots::Look : public console::ScreenHandler,
                          public std::enable_shared_from_this<Screenshots::Look> {
public:
    void onPicture(std::shared_ptr<const console::Picture> value) override
    {
        const std::lock_guard lock(mutex);
        picture = std::move(value);
    }
    void onUpdate(int, int, int, int) override { wake(); }
    void onBell() override {}
    void onText(const std::string&) override {}
    void onEnd(console::SessionEnd value) override
    {
        {
            const std::lock_guard lock(mutex);
            end = std::move(value);
        }
        wake();
    }

    std::mutex mutex; // guards these
    std::shared_ptr<const console::Picture> picture;
    std::optional<console::SessionEnd> end;

    // The GUI thread's.
    std::unique_ptr<console::Screen> screen;
    QPointer<QObject> context;
    Done done;
    std::function<void()> heard;

private:
    void wake()
    {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self = shared_from_this()] {
                if (self->heard)
                    self->heard();
            },
            Qt::QueuedConnection);
    }
};

Screenshots::Screenshots(const ConsoleServices& services, QObject* parent)
    : QObject(parent), m_services(services)
{}

Screenshots::~Screenshots()
{
    for (const auto& look : m_looks)
        look->heard = {};
}

void Screenshots::take(const GuestConsole& guest, QObject* context, Done done)
{
    if (!m_services.screenshot) {
        done({}, tr("Screens cannot be seen here."));
        return;
    }
    m_services.screenshot(
        guest.source, guest.guest, context,
        [self = QPointer<Screenshots>(this), guest, context = QPointer<QObject>(context),
         done = std::move(done)](const Result<std::string>& png) {
            if (!png) {
                const bool unserved =
                    png.error().kind == ErrorKind::NotFound || png.error().httpStatus == 405;
                if (unserved && self && context)
                    self->look(guest, context, done);
                else
                    done({}, cleaned(png.error().detail.empty() ? png.error().text : png.error().detail));
                return;
            }
            // What comes from a server is decoded aside, and within bounds.
            QThreadPool::globalInstance()->start([bytes = QByteArray::fromStdString(*png), context, done] {
                QBuffer buffer;
                buffer.setData(bytes);
                buffer.open(QIODevice::ReadOnly);
                QImageReader reader(&buffer, "PNG");
                const QSize size = reader.size();
                QImage image;
                if (size.isValid() && qint64(size.width()) * size.height() * 4 < qint64(kMostMiB) << 20)
                    image = reader.read();
                if (image.width() > kWidth)
                    image = image.scaledToWidth(kWidth, Qt::SmoothTransformation);
                QMetaObject::invokeMethod(
                    QCoreApplication::instance(),
                    [context, done, image] {
                        if (context)
                            done(image,
                                 image.isNull() ? tr("The server's picture cannot be read.") : QString());
                    },
                    Qt::QueuedConnection);
            });
        });
}

void Screenshots::look(const GuestConsole& guest, QObject* context, const Done& done)
{
    auto look = std::make_shared<Look>();
    look->context = context;
    look->done = done;
    m_looks.push_back(look);
    Look* key = look.get();
    look->heard = [this, key] {
        std::optional<console::SessionEnd> end;
        {
            const std::lock_guard lock(key->mutex);
            end = key->end;
        }
        if (end) {
            finish(key, end->kind == console::SessionEnd::Kind::InUse
                            ? tr("Somebody is looking at this screen.")
                            : cleaned(end->error.text));
            return;
        }
        key->heard = {}; // the first update: the rest of it comes at once
        QTimer::singleShot(kRestMs, this, [this, key] { finish(key, {}); });
    };
    QTimer::singleShot(kLongestMs, this, [this, key] { finish(key, tr("The screen does not answer.")); });
    Result<std::unique_ptr<console::Screen>> screen =
        m_services.screen(guest.source, guest.guest, false, look);
    if (screen)
        look->screen = std::move(*screen);
    else
        finish(key, cleaned(screen.error().text));
}

void Screenshots::finish(Look* key, const QString& why)
{
    const auto found = std::find_if(m_looks.begin(), m_looks.end(),
                                    [key](const std::shared_ptr<Look>& each) { return each.get() == key; });
    if (found == m_looks.end())
        return;
    const std::shared_ptr<Look> look = *found;
    m_looks.erase(found);
    look->heard = {};
    look->screen.reset();
    QImage image;
    if (why.isEmpty() && look->picture) {
        const console::Picture& picture = *look->picture;
        image = QImage(picture.pixels(), picture.width(), picture.height(), qsizetype(picture.width()) * 4,
                       QImage::Format_RGB32)
                    .scaledToWidth(std::min(kWidth, picture.width()), Qt::SmoothTransformation);
    }
    if (look->context)
        look->done(image, why);
}

} // namespace strata::ui
