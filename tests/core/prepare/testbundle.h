// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/platform.h"
#include "core/prepare/bundle.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <functional>
#include <map>
#include <string>

namespace strata::test {

// A bundle in `folder` with stand-ins for all components; `change` may edit the texts before they are summed.
inline Result<prepare::Bundle>
writeTestBundle(const std::string& folder, const std::map<std::string, std::string>& versions = {},
                const std::function<void(demosite::PlatformComponent&)>& change = {})
{
    prepare::Bundle bundle;
    bundle.folder = folder;
    bundle.made = "2026-08-20T00:00:00Z";
    std::map<std::string, std::string> contents;
    for (demosite::PlatformComponent& platform : demosite::platformManifests(versions)) {
        if (change)
            change(platform);
        prepare::BundleComponent component{platform.id, platform.version, {}};
        for (const auto& [name, text] : platform.files) {
            prepare::BundleFile file;
            file.path = platform.id + "/" + platform.version + "/" + name;
            contents[file.path] = text;
            component.files.push_back(std::move(file));
        }
        if (!component.files.empty())
            bundle.components.push_back(std::move(component));
    }
    if (const auto written = prepare::writeBundle(bundle, contents); !written)
        return tl::unexpected(written.error());
    return prepare::readBundle(folder);
}

// The same with more in it than the matrix knows of: Longhorn, which the index names; Calico, a quota, a
// broken manifest, a chart, a forgotten release of KubeVirt, an image and a note beside it.
inline prepare::Bundle writeTestBundleWithAddons(const std::string& folder)
{
    const auto made = writeTestBundle(folder);
    if (!made)
        qFatal("%s", made.error().text.c_str());
    const auto write = [&](const char* name, const QByteArray& text) {
        const QFileInfo place(QString::fromStdString(folder) + QLatin1Char('/') + QLatin1String(name));
        QDir().mkpath(place.path());
        QFile file(place.filePath());
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("cannot write %s", name);
    };
    const QByteArray pod =
        "spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: "
        "{containers: [{name: x, image: \"IMAGE\"}]}}}\n";
    const auto workload = [&](const char* kind, const char* ns, const char* name, const char* image) {
        return QByteArray("---\napiVersion: apps/v1\nkind: ") + kind + "\nmetadata: {name: " + name +
               ", namespace: " + ns + "}\n" + QByteArray(pod).replace("IMAGE", image);
    };
    const auto definition = [](const char* plural, const char* group, const char* kind) {
        return QByteArray("---\napiVersion: apiextensions.k8s.io/v1\nkind: "
                          "CustomResourceDefinition\nmetadata: {name: ") +
               plural + "." + group + "}\nspec: {group: " + group + ", names: {kind: " + kind +
               ", plural: " + plural + ", singular: " + QByteArray(kind).toLower() + ", listKind: " + kind +
               "List}, scope: Namespaced, versions: [{name: v1beta1, served: true, storage: true, schema: "
               "{openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}\n";
    };
    const QByteArray longhorn =
        "apiVersion: longhorn.io/v1beta1\nkind: Volume\nmetadata: {name: first, namespace: "
        "longhorn-system}\n"
        "spec: {numberOfReplicas: 3}\n"
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: longhorn-system}\n" +
        definition("volumes", "longhorn.io", "Volume") +
        workload("Deployment", "longhorn-system", "longhorn-driver-deployer",
                 "docker.io/longhornio/longhorn-manager:v1.9.1") +
        workload("DaemonSet", "longhorn-system", "longhorn-manager",
                 "docker.io/longhornio/longhorn-manager:v1.9.1");
    prepare::Bundle indexed = *made;
    std::map<std::string, std::string> contents;
    for (const prepare::BundleComponent& component : indexed.components) {
        for (const prepare::BundleFile& file : component.files)
            contents[file.path] = prepare::readFile(folder, file).value_or("");
    }
    indexed.components.push_back({"longhorn", "v1.9.1", {{"longhorn/longhorn.yaml", {}, {}}}});
    contents["longhorn/longhorn.yaml"] = longhorn.toStdString();
    if (!prepare::writeBundle(indexed, contents))
        qFatal("cannot write the index");
    write("cni/a.yaml", definition("ippools", "crd.projectcalico.org", "IPPool"));
    write("cni/b.yml", workload("DaemonSet", "kube-system", "calico-node", "quay.io/calico/node:v3.31.4"));
    write("quota.yaml",
          "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: 9}}\n");
    write("broken.yaml", "a: [b\n");
    write("chart/Chart.yaml", "apiVersion: v2\nname: x\n");
    write("kubevirt/v1.8.4/kubevirt-operator.yaml",
          workload("Deployment", "kubevirt", "virt-operator", "quay.io/kubevirt/virt-operator:v1.8.4"));
    write("images/a.tar", "x");
    write("README.md", "x");
    write(".git/config", "x");
    const auto bundle = prepare::readBundle(folder);
    if (!bundle)
        qFatal("%s", bundle.error().text.c_str());
    return *bundle;
}

} // namespace strata::test
