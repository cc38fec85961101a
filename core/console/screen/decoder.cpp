// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/decoder.h"

#include "core/console/screen/wire.h"

#include <fcntl.h>
#include <poll.h>
#include <rfb/rfbclient.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace strata::console {
namespace {

using wire::Message;
using wire::What;

std::string g_lastWords; // what the library said last: the best reason there is

void tell(Message message, std::string_view words = {}, int fd = -1)
{
    std::string bytes(sizeof message + words.size(), '\0');
    message.length = static_cast<std::uint32_t>(words.size());
    std::memcpy(bytes.data(), &message, sizeof message);
    std::memcpy(bytes.data() + sizeof message, words.data(), words.size());
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (fd >= 0) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* with = CMSG_FIRSTHDR(&header);
        with->cmsg_level = SOL_SOCKET;
        with->cmsg_type = SCM_RIGHTS;
        with->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(with), &fd, sizeof fd);
    }
    if (::sendmsg(wire::kControlFd, &header, MSG_NOSIGNAL) < 0)
        std::_Exit(0); // nobody looks any more
}

[[noreturn]] void end(wire::Reason reason, std::string_view words)
{
    Message message;
    message.what = What::Ended;
    message.a = static_cast<std::int32_t>(reason);
    tell(message, words.substr(0, 512));
    std::_Exit(0);
}

void keepWords(const char* format, ...)
{
    std::array<char, 512> text{};
    va_list values;
    va_start(values, format);
    std::vsnprintf(text.data(), text.size(), format, values);
    va_end(values);
    g_lastWords = text.data();
    while (!g_lastWords.empty() && g_lastWords.back() == '\n')
        g_lastWords.pop_back();
}
void dropWords(const char*, ...) {}

// A framebuffer that the other process can see. What stood before is unmapped there when it is no longer
// shown.
rfbBool makeFrameBuffer(rfbClient* client)
{
    const std::int64_t pixels = std::int64_t(client->width) * client->height;
    if (client->width <= 0 || client->height <= 0 || pixels > wire::kMostPixels)
        end(pixels > wire::kMostPixels ? wire::Reason::TooLarge : wire::Reason::Protocol,
            std::to_string(client->width) + " x " + std::to_string(client->height));
    static std::uint8_t* before = nullptr;
    static std::size_t beforeSize = 0;
    if (before != nullptr)
        ::munmap(before, beforeSize);
    const auto size = static_cast<std::size_t>(pixels) * 4;
    const int fd = ::memfd_create("screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(size)) != 0 ||
        ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        end(wire::Reason::Protocol, "no memory for the picture");
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        end(wire::Reason::Protocol, "no memory for the picture");
    before = static_cast<std::uint8_t*>(memory);
    beforeSize = size;
    client->frameBuffer = before;
    Message message;
    message.what = What::Size;
    message.a = client->width;
    message.b = client->height;
    tell(message, {}, fd);
    ::close(fd);
    return TRUE;
}

// One rectangle around all that an update changed.
struct Changed {
    int left = 0;
    int top = 0;
    int right = 0;
    int bottom = 0;
};
Changed g_changed;

void onUpdate(rfbClient*, int x, int y, int width, int height)
{
    if (g_changed.right <= g_changed.left) {
        g_changed = {x, y, x + width, y + height};
        return;
    }
    g_changed.left = std::min(g_changed.left, x);
    g_changed.top = std::min(g_changed.top, y);
    g_changed.right = std::max(g_changed.right, x + width);
    g_changed.bottom = std::max(g_changed.bottom, y + height);
}

void onFinished(rfbClient*)
{
    if (g_changed.right <= g_changed.left)
        return;
    Message message;
    message.what = What::Update;
    message.a = g_changed.left;
    message.b = g_changed.top;
    message.c = g_changed.right - g_changed.left;
    message.d = g_changed.bottom - g_changed.top;
    g_changed = {};
    tell(message);
}

void onText(rfbClient*, const char* text, int length)
{
    Message message;
    message.what = What::Text;
    tell(message, std::string_view(text, std::min<std::size_t>(static_cast<std::size_t>(std::max(length, 0)),
                                                               wire::kMostText)));
}

void onBell(rfbClient*)
{
    Message message;
    message.what = What::Bell;
    tell(message);
}

// The only authentication we know is none: whoever may open the stream may look.
char* noPassword(rfbClient*)
{
    return nullptr;
}

void take(rfbClient* client)
{
    std::string bytes(sizeof(Message) + wire::kMostText, '\0');
    const ssize_t got = ::recv(wire::kControlFd, bytes.data(), bytes.size(), 0);
    if (got < static_cast<ssize_t>(sizeof(Message)))
        std::_Exit(0);
    Message message;
    std::memcpy(&message, bytes.data(), sizeof message);
    switch (message.what) {
    case What::Key:
        SendKeyEvent(client, static_cast<std::uint32_t>(message.a), message.b != 0 ? TRUE : FALSE);
        break;
    case What::Pointer:
        SendPointerEvent(client, message.a, message.b, message.c);
        break;
    case What::Refresh:
        SendFramebufferUpdateRequest(client, 0, 0, client->width, client->height, FALSE);
        break;
    case What::Paste: {
        const auto length =
            std::min<std::size_t>(message.length, static_cast<std::size_t>(got) - sizeof message);
        SendClientCutText(client, bytes.data() + sizeof message, static_cast<int>(length));
        break;
    }
    default:
        break;
    }
}

void confine()
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::signal(SIGPIPE, SIG_IGN);
    ::close_range(wire::kControlFd + 1, ~0U, 0);
    const rlimit none{0, 0};
    const rlimit picture{wire::kMostPixels * 4, wire::kMostPixels * 4};
    ::setrlimit(RLIMIT_CORE, &none);

    ::setrlimit(RLIMIT_FSIZE, &picture);
    const rlimit files{16, 16};
    ::setrlimit(RLIMIT_NOFILE, &files);
}

} // namespace

int runScreenDecoder()
{
    confine();
    rfbClientLog = dropWords;
    rfbClientErr = keepWords;
    rfbClient* client = rfbGetClient(8, 3, 4);
    if (client == nullptr)
        return 1;
    client->format.redShift = 16; // as QImage::Format_RGB32 has it
    client->format.greenShift = 8;
    client->format.blueShift = 0;
    client->format.bigEndian = FALSE;
    client->canHandleNewFBSize = TRUE;
    client->MallocFrameBuffer = makeFrameBuffer;
    client->GotFrameBufferUpdate = onUpdate;
    client->FinishedFrameBufferUpdate = onFinished;
    client->GotXCutText = onText;
    client->Bell = onBell;
    client->GetPassword = noPassword;
    // Few encodings, the simple ones: each more is code that a hostile server can reach.
    client->appData.encodingsString = "zrle copyrect raw";
    client->appData.useRemoteCursor = FALSE;
    client->appData.shareDesktop = TRUE;
    client->listenSpecified = TRUE; // the connection is there already
    client->sock = wire::kRfbFd;
    if (rfbInitClient(client, nullptr, nullptr) == FALSE)
        end(wire::Reason::Protocol, g_lastWords);
    for (;;) {
        if (client->buffered == 0) {
            std::array<pollfd, 2> fds{{{wire::kRfbFd, POLLIN, 0}, {wire::kControlFd, POLLIN, 0}}};
            if (::poll(fds.data(), fds.size(), -1) < 0)
                continue;
            if ((fds[1].revents & (POLLIN | POLLHUP)) != 0)
                take(client);
            if ((fds[0].revents & (POLLIN | POLLHUP)) == 0)
                continue;
        }
        g_lastWords.clear();
        if (HandleRFBServerMessage(client) == FALSE)
            end(g_lastWords.empty() ? wire::Reason::Closed : wire::Reason::Protocol, g_lastWords);
    }
}

} // namespace strata::console
