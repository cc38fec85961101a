// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/errorwords.h"

#include "core/base/text.h"

#include <QCoreApplication>

namespace strata::ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(ErrorWords)
};

bool mentions(const Error& error, std::initializer_list<const char*> words)
{
    const std::string text = toLower(error.text + " " + error.detail);
    for (const char* word : words) {
        if (text.find(word) != std::string::npos)
            return true;
    }
    return false;
}

} // namespace

QString errorTitle(const Error& error)
{
    switch (error.kind) {
    case ErrorKind::Cancelled:
        return Words::tr("Cancelled");
    case ErrorKind::Timeout:
        return Words::tr("No answer in time");
    case ErrorKind::Network:
        if (mentions(error, {"resolve", "not found", "name or service"}))
            return Words::tr("Name not found");
        if (mentions(error, {"refused"}))
            return Words::tr("Connection refused");
        return Words::tr("Not reachable");
    case ErrorKind::Tls:
        if (mentions(error, {"expired"}))
            return Words::tr("Certificate expired");
        if (mentions(error, {"not yet valid"}))
            return Words::tr("Certificate not valid yet");
        if (mentions(error, {"hostname", "subject name", "does not match", "wrong name"}))
            return Words::tr("Certificate of another host");
        return Words::tr("Certificate not trusted");
    case ErrorKind::Auth:
        return error.httpStatus == 401 ? Words::tr("Not accepted (401)") : Words::tr("No usable credential");
    case ErrorKind::Forbidden:
        return Words::tr("Not allowed (403)");
    case ErrorKind::NotFound:
        return Words::tr("Not found");
    case ErrorKind::Conflict:
    case ErrorKind::Gone:
    case ErrorKind::Invalid:
    case ErrorKind::Throttled:
        return Words::tr("Refused by the server");
    case ErrorKind::Server:
        return error.httpStatus > 0 ? Words::tr("Server error (%1)").arg(error.httpStatus)
                                    : Words::tr("Server error");
    case ErrorKind::Protocol:
        return Words::tr("Not a Kubernetes API");
    case ErrorKind::Config:
        return Words::tr("Broken configuration");
    case ErrorKind::Io:
        return Words::tr("File not readable");
    case ErrorKind::Refused:
        if (mentions(error, {"allow it first"}))
            return Words::tr("Needs a permission");
        return Words::tr("Not supported");
    case ErrorKind::Internal:
        return Words::tr("Fault in Strata");
    }
    return {};
}

QString errorText(const Error& error)
{
    QString words = QString::fromStdString(cleanText(error.text));
    const QString detail = QString::fromStdString(cleanText(error.detail));
    if (!detail.isEmpty() && !words.contains(detail))
        words += (words.isEmpty() ? QString() : QStringLiteral(" — ")) + detail;
    return words;
}

QString errorAdvice(const Error& error)
{
    switch (error.kind) {
    case ErrorKind::Timeout:
    case ErrorKind::Network:
        return Words::tr("Check the address, the network and whether a VPN is needed.");
    case ErrorKind::Tls:
        if (mentions(error, {"expired"}))
            return Words::tr("Renew the certificate, and check the clocks of both sides.");
        return Words::tr("Check certificate-authority-data and tls-server-name in the kubeconfig.");
    case ErrorKind::Auth:
        return Words::tr("The token or the client certificate may have expired: get a new kubeconfig.");
    case ErrorKind::Forbidden:
        return Words::tr("Ask for a role that may get, list and watch.");
    case ErrorKind::Config:
        return Words::tr("Mend the file and read it again.");
    default:
        return {};
    }
}

} // namespace strata::ui
