// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/manifestfolder.h"

#include <QCoreApplication>
#include <QDir>
#include <QSaveFile>

namespace strata::ui {

namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(ManifestFolder)
};

// A file name of an object: what a server would refuse as a name does not become a path either.
QString fileName(int number, const provision::Object& object)
{
    QString name = QString::fromStdString(object.kind() + "-" + object.name()).toLower();
    for (QChar& c : name) {
        const bool plain = (c >= QLatin1Char('a') && c <= QLatin1Char('z')) ||
                           (c >= QLatin1Char('0') && c <= QLatin1Char('9')) || c == QLatin1Char('-') ||
                           c == QLatin1Char('.');
        if (!plain)
            c = QLatin1Char('_');
    }
    return QStringLiteral("%1-%2.yaml").arg(number, 2, 10, QLatin1Char('0')).arg(name.left(120));
}

} // namespace

Result<void> saveText(const QString& path, const std::string& text)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) ||
        file.write(text.data(), qint64(text.size())) != qint64(text.size()) || !file.commit())
        return fail(ErrorKind::Io, Words::tr("%1 cannot be written.").arg(path).toStdString(),
                    file.errorString().toStdString());
    return {};
}

Result<int> saveManifestFolder(const QString& folder, const std::vector<provision::Object>& objects)
{
    const QDir dir(folder);
    std::string names = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n";
    int number = 0;
    for (const provision::Object& object : objects) {
        const QString name = fileName(number++, object);
        if (auto saved = saveText(dir.filePath(name), object.toYaml()); !saved)
            return tl::unexpected(saved.error());
        names += "- " + name.toStdString() + "\n";
    }
    if (auto saved = saveText(dir.filePath(QStringLiteral("kustomization.yaml")), names); !saved)
        return tl::unexpected(saved.error());
    return number;
}

QString kubectlLine(const std::vector<provision::Object>& objects, const QString& access)
{
    // The mark must not stand in the text itself.
    const QString yaml = QString::fromStdString(provision::toYaml(objects));
    QString mark = QStringLiteral("END");
    while (yaml.contains(QLatin1Char('\n') + mark + QLatin1Char('\n')))
        mark += QLatin1Char('_');
    return QStringLiteral("kubectl %1apply --server-side --field-manager=strata -f - <<'%2'\n%3%2\n")
        .arg(access.isEmpty() ? QString() : access + QLatin1Char(' '), mark, yaml);
}

} // namespace strata::ui
