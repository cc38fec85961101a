// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/language.h"

#include <QCoreApplication>
#include <QTranslator>

namespace strata::ui {

void installLanguage(QCoreApplication& application, const QLocale& locale)
{
    const QString folder = QStringLiteral(":/strata/translations");
    const auto install = [&](const QLocale& wanted) {
        auto* translator = new QTranslator(&application);
        if (!translator->load(wanted, QStringLiteral("strata"), QStringLiteral("_"), folder) ||
            !application.installTranslator(translator))
            delete translator;
    };
    install(QLocale(QLocale::English));
    if (locale.language() != QLocale::English && locale.language() != QLocale::C)
        install(locale); // the last one installed is asked first
}

} // namespace strata::ui
