// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/demosite/controllers/changes.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <cstdio>

namespace strata::demosite {
namespace {

constexpr double kImport = 20; // seconds an image takes
constexpr double kRetry = 20;  // of an importer that failed
constexpr double kStep = 2;    // between two looks at its progress

std::string defaultClass(const Store& store, bool forVms)
{
    std::string fallback;
    for (const ObjectPtr& object : store.list(kindOf("storageclasses"))) {
        const Json body = parseOwn(object->body);
        if (forVms && annotation(body, "storageclass.kubevirt.io/is-default-virt-class") == "true")
            return object->name;
        if (annotation(body, "storageclass.kubernetes.io/is-default-class") == "true")
            fallback = object->name;
    }
    return fallback;
}

// CDI's controller: a claim for each DataVolume, an importer pod that fills it, and the progress between.
class DataVolumeController : public Controller {
public:
    explicit DataVolumeController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kind(), key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json volume = parseOwn(object->body);
        if (deleting(volume) || text(volume, "status.phase") == "Succeeded")
            return kOnChange;
        const Json claim = read(m_store, coreKind("persistentvolumeclaims"), key.ns, key.name);
        if (claim.is_null())
            return makeClaim(key, *object, volume);
        if (text(claim, "status.phase") != "Bound") {
            report(key, "Pending", "N/A", {"Bound", "False", "Pending", "PVC " + key.name + " Pending"},
                   {"Running", "False", "", ""});
            return kOnChange;
        }
        const Condition bound{"Bound", "True", "Bound", "PVC " + key.name + " Bound"};
        const Json* source = find(volume, "spec.source");
        const std::string what =
            source != nullptr && source->is_object() && !source->empty() ? source->begin().key() : "blank";
        if (what == "upload") {
            // The upload proxy's word (api/uploadproxy.cpp).
            if (annotation(claim, "cdi.kubevirt.io/storage.pod.phase") == "Succeeded")
                return done(key, *object, bound, "Upload Complete");
            if (m_site.hit("upload-stuck"))
                report(key, "UploadScheduled", "N/A", bound, {"Running", "False", "Pending", ""});
            else
                report(key, "UploadReady", "N/A", bound, {"Running", "True", "Pod is running", ""});
            return kOnChange;
        }
        if (what == "blank")
            return done(key, *object, bound, "Import Complete");
        const bool clone = what == "pvc" || what == "snapshot";
        return fill(key, *object, volume, bound, clone);
    }

private:
    static const Kind& kind() { return kindOf("datavolumes"); }
    static std::string importer(const Key& key) { return "importer-" + key.name.substr(0, 50); }

    double makeClaim(const Key& key, const Object& object, const Json& volume)
    {
        const Json* storage = find(volume, "spec.storage");
        const Json* literal = find(volume, "spec.pvc");
        const Json none = Json::object();
        Json spec = literal != nullptr ? *literal : storage != nullptr ? *storage : none;
        std::string storageClass = text(spec, "storageClassName");
        if (storageClass.empty())
            storageClass = defaultClass(m_store, true);
        const Json sc = read(m_store, kindOf("storageclasses"), "", storageClass);
        if (literal == nullptr && !spec.contains("accessModes")) {
            const Json profile = read(m_store, kindOf("storageprofiles"), "", storageClass);
            const Json* sets = find(profile, "status.claimPropertySets");
            if (storageClass.empty() || sc.is_null() || sets == nullptr || sets->empty()) {
                const std::string words =
                    storageClass.empty()
                        ? "PVC spec is missing accessMode and no storageClass to choose profile"
                    : sc.is_null()
                        ? "no accessMode specified in StorageProfile, storageclass.storage.k8s.io \"" +
                              storageClass + "\" not found"
                        : "no accessMode specified in StorageProfile " + storageClass;
                tell(m_store, object, "Warning", "ErrClaimNotValid", words, "datavolume-import-controller");
                report(key, "", "", {"Bound", "False", "NotFound", "No PVC found"},
                       {"Running", "False", "", ""});
                return kOnChange; // told of a class or a profile that comes
            }
            spec["accessModes"] = sets->front().value("accessModes", Json::array());
            if (!spec.contains("volumeMode") && sets->front().contains("volumeMode"))
                spec["volumeMode"] = sets->front()["volumeMode"];
        }
        if (!storageClass.empty())
            spec["storageClassName"] = storageClass;
        if (m_site.hit("quota-exceeded/" + key.ns)) {
            tell(m_store, object, "Warning", "ErrExceededQuota",
                 "persistentvolumeclaims \"" + key.name +
                     "\" is forbidden: exceeded quota: disks, requested: persistentvolumeclaims=1",
                 "datavolume-import-controller");
            report(key, "Pending", "N/A", {"Bound", "False", "NotFound", "No PVC found"},
                   {"Running", "False", "", ""});
            return kOnChange;
        }
        const auto made =
            m_store.create(coreKind("persistentvolumeclaims"),
                           {{"metadata",
                             {{"name", key.name},
                              {"namespace", key.ns},
                              {"labels", {{"app", "containerized-data-importer"}}},
                              {"annotations", {{"cdi.kubevirt.io/storage.contentType", "kubevirt"}}},
                              {"ownerReferences", Json::array({ownerOf(object)})}}},
                            {"spec", spec}});
        if (!made) {
            tell(m_store, object, "Warning",
                 made.error().code == 403 ? "ErrExceededQuota" : "ErrClaimNotValid", made.error().message,
                 "datavolume-import-controller");
            report(key, "Pending", "N/A", {"Bound", "False", "NotFound", "No PVC found"},
                   {"Running", "False", "", ""});
            return 10;
        }
        return kOnChange;
    }

    double fill(const Key& key, const Object& object, const Json& volume, const Condition& bound, bool clone)
    {
        const std::string pod = importer(key);
        const Json body = read(m_store, coreKind("pods"), key.ns, pod);
        if (!clone && body.is_null()) {
            create(m_store, coreKind("pods"),
                   {{"metadata",
                     {{"name", pod},
                      {"namespace", key.ns},
                      {"labels", {{"app", "containerized-data-importer"}, {"cdi.kubevirt.io", "importer"}}},
                      {"ownerReferences", Json::array({ownerOf(object)})}}},
                    {"spec",
                     {{"restartPolicy", "OnFailure"},
                      {"containers",
                       Json::array({{{"name", "importer"},
                                     {"image", "quay.io/kubevirt/cdi-importer:v1.64.0"},
                                     {"resources", {{"requests", {{"cpu", "100m"}, {"memory", "60M"}}}}}}})},
                      {"volumes", Json::array({{{"name", "cdi-data-vol"},
                                                {"persistentVolumeClaim", {{"claimName", key.name}}}}})}}}});
            report(key, "ImportScheduled", "N/A", bound, {"Running", "False", "Pending", ""});
            tell(m_store, object, "Normal", "ImportScheduled", "Import into " + key.name + " scheduled",
                 "datavolume-import-controller");
            return kOnChange;
        }
        if (!clone && text(body, "status.phase") != "Running") {
            const Json* scheduled = conditionOf(body, "PodScheduled");
            if (scheduled != nullptr && text(*scheduled, "status") == "False")
                report(key, "ImportScheduled", "N/A", bound,
                       {"Running", "False", "Unschedulable", "Importer pod cannot be scheduled"});
            return kOnChange;
        }
        if (!clone) {
            const double again = trouble(key, object, bound);
            if (again >= 0)
                return again;
        }
        if (clone && m_site.hit("clone-blocked")) {
            report(key, "CloneScheduled", "N/A", bound, {"Running", "False", "Pending", ""});
            tell(m_store, object, "Warning", "CloneSourceInUse",
                 "pod " + key.ns + "/virt-launcher using PersistentVolumeClaim " +
                     text(volume, "spec.source.pvc.name"),
                 "datavolume-pvc-clone-controller");
            return 15;
        }
        const auto [since, isNew] = m_since.emplace(key, m_site.now());
        const double ran = m_site.now() - since->second;
        if (isNew)
            tell(m_store, object, "Normal", clone ? "CloneInProgress" : "ImportInProgress",
                 (clone ? "Cloning" : "Import into ") + std::string(clone ? " into " : "") + key.name +
                     " in progress",
                 "datavolume-import-controller");
        if (ran >= kImport) {
            if (!clone)
                (void)m_store.remove(coreKind("pods"), key.ns, pod);
            return done(key, object, bound, clone ? "Clone Complete" : "Import Complete");
        }
        char progress[16];
        std::snprintf(progress, sizeof progress, "%.2f%%", ran / kImport * 100);
        report(key, clone ? "CloneInProgress" : "ImportInProgress", progress, bound,
               {"Running", "True", clone ? "CloneInProgress" : "Pod is running", ""});
        (void)volume;
        return std::min(kStep, kImport - ran);
    }

    // Faults of an import; kOnChange when it may go on.
    double trouble(const Key& key, const Object& object, const Condition& bound)
    {
        const auto stuck = [&](const char* phase, const Condition& running, const std::string& event) {
            m_since.erase(key);
            double& next = m_retry[key];
            if (m_site.now() < next)
                return next - m_site.now();
            next = m_site.now() + kRetry;
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                edited["status"]["restartCount"] = number(edited, "status.restartCount").value_or(0) + 1;
            });
            report(key, phase, "N/A", bound, running);
            if (!event.empty())
                tell(m_store, object, "Warning", "ErrImportFailed", event, "datavolume-import-controller");
            return kRetry;
        };
        if (m_site.hit("importer-unschedulable"))
            return stuck("ImportScheduled",
                         {"Running", "False", "Unschedulable", "Importer pod cannot be scheduled"}, "");
        if (m_site.hit("image-missing"))
            return stuck("ImportScheduled",
                         {"Running", "False", "ImagePullFailed",
                          "failed to pull image: manifest unknown: manifest unknown"},
                         "");
        if (m_site.hit("image-too-big"))
            return stuck("ImportInProgress",
                         {"Running", "False", "Error", "DataVolume too small to contain image"},
                         "Unable to process data: DataVolume too small to contain image");
        if (m_site.hit("import-hangs"))
            return stuck(
                "ImportInProgress",
                {"Running", "False", "Error",
                 "Unable to connect to registry: Get \"https://quay.io/v2/\": dial tcp 10.20.0.5:443: i/o "
                 "timeout"},
                "Unable to connect to registry: Get \"https://quay.io/v2/\": dial tcp 10.20.0.5:443: i/o "
                "timeout");
        if (m_site.hit("scratch-missing"))
            return stuck(
                "ImportScheduled",
                {"Running", "False", "Scratch space required", "Scratch space required and none found"}, "");
        return kOnChange;
    }

    double done(const Key& key, const Object& object, const Condition& bound, const char* words)
    {
        m_since.erase(key);
        report(key, "Succeeded", "100.0%", bound, {"Running", "False", "Completed", words});
        const std::string_view what = words;
        tell(m_store, object, "Normal",
             what == "Clone Complete"    ? "CloneSucceeded"
             : what == "Upload Complete" ? "UploadSucceeded"
                                         : "ImportSucceeded",
             (what == "Upload Complete" ? "Successfully uploaded into " : "Successfully imported into PVC ") +
                 key.name,
             "datavolume-import-controller");
        return kOnChange;
    }

    void report(const Key& key, const std::string& phase, const std::string& progress, const Condition& bound,
                const Condition& running)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["claimName"] = key.name;
            if (!phase.empty())
                status["phase"] = phase;
            if (!progress.empty())
                status["progress"] = progress;
            const bool ready = phase == "Succeeded";
            setCondition(status, bound, at);
            setCondition(status,
                         {"Ready", ready ? "True" : "False",
                          ready || running.reason.empty() ? "" : running.reason, ""},
                         at);
            setCondition(status, running, at);
        });
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
    std::map<Key, double> m_retry;
};

// The CSI driver's provisioner: a volume for each claim of a class that exists.
class Provisioner : public Controller {
public:
    explicit Provisioner(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(coreKind("persistentvolumeclaims"), key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json claim = parseOwn(object->body);
        const std::string phase = text(claim, "status.phase");
        if (!deleting(claim) && phase == "Bound")
            return grow(key, claim);
        if (deleting(claim) || (!phase.empty() && phase != "Pending"))
            return kOnChange;
        std::string name = text(claim, "spec.storageClassName");
        if (name.empty())
            name = defaultClass(m_store, false);
        const Json storageClass = read(m_store, kindOf("storageclasses"), "", name);
        if (storageClass.is_null()) {
            if (m_told.insert(object->uid).second)
                tell(m_store, *object, name.empty() ? "Normal" : "Warning",
                     name.empty() ? "FailedBinding" : "ProvisioningFailed",
                     name.empty()
                         ? std::string("no persistent volumes available for this claim and no storage "
                                       "class is set")
                         : "storageclass.storage.k8s.io \"" + name + "\" not found",
                     "persistentvolume-controller");
            return kOnChange; // told of a class that comes
        }
        if (m_site.hit("claim-pending")) {
            tell(
                m_store, *object, "Normal", "ExternalProvisioning",
                "Waiting for a volume to be created either by the external provisioner "
                "'rook-ceph.rbd.csi.ceph.com' or manually by the system administrator. If volume creation is "
                "delayed, please verify that the provisioner is running and correctly registered.",
                "persistentvolume-controller");
            tell(m_store, *object, "Warning", "ProvisioningFailed",
                 "failed to provision volume with StorageClass \"" + name +
                     "\": rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                 "rook-ceph.rbd.csi.ceph.com");
            return 30;
        }
        const double left = m_since.emplace(key, m_site.now()).first->second + 1 - m_site.now();
        if (left > 0)
            return left;
        m_since.erase(key);
        const std::string volume = "pvc-" + object->uid;
        const std::string size = text(claim, "spec.resources.requests.storage");
        const Json modes = part(claim, "spec").value("accessModes", Json::array());
        const std::string mode =
            part(claim, "spec").value("volumeMode", Json("Filesystem")).get<std::string>();
        create(
            m_store, coreKind("persistentvolumes"),
            {{"metadata", {{"name", volume}, {"finalizers", Json::array({"kubernetes.io/pv-protection"})}}},
             {"spec",
              {{"capacity", {{"storage", size}}},
               {"accessModes", modes},
               {"volumeMode", mode},
               {"storageClassName", name},
               {"persistentVolumeReclaimPolicy", "Delete"},
               {"claimRef",
                {{"kind", "PersistentVolumeClaim"},
                 {"apiVersion", "v1"},
                 {"namespace", key.ns},
                 {"name", key.name},
                 {"uid", object->uid}}},
               {"csi",
                {{"driver", text(storageClass, "provisioner")},
                 {"volumeHandle", "0001-0009-rook-ceph-0000000000000002-" + object->uid},
                 {"volumeAttributes", {{"pool", "vms"}, {"imageName", "csi-vol-" + object->uid}}}}}}},
             {"status", {{"phase", "Bound"}}}});
        edit(m_store, coreKind("persistentvolumeclaims"), key.ns, key.name, [&](Json& edited) {
            edited["spec"]["volumeName"] = volume;
            edited["spec"]["volumeMode"] = mode;
            edited["spec"]["storageClassName"] = name;
            edited["status"] = {
                {"phase", "Bound"}, {"accessModes", modes}, {"capacity", {{"storage", size}}}};
        });
        tell(m_store, *object, "Normal", "ProvisioningSucceeded", "Successfully provisioned volume " + volume,
             "rook-ceph.rbd.csi.ceph.com");
        return kOnChange;
    }

    // The driver's resizer.
    double grow(const Key& key, const Json& claim)
    {
        const std::string wanted = text(claim, "spec.resources.requests.storage");
        const auto bytes = parseQuantity(wanted);
        const auto has = parseQuantity(text(claim, "status.capacity.storage"));
        if (!bytes || !has || *bytes <= *has)
            return kOnChange;
        const double left = m_since.emplace(key, m_site.now()).first->second + 2 - m_site.now();
        if (left > 0)
            return left;
        m_since.erase(key);
        edit(m_store, coreKind("persistentvolumes"), "", text(claim, "spec.volumeName"),
             [&](Json& edited) { edited["spec"]["capacity"]["storage"] = wanted; });
        edit(m_store, coreKind("persistentvolumeclaims"), key.ns, key.name,
             [&](Json& edited) { edited["status"]["capacity"]["storage"] = wanted; });
        return kOnChange;
    }

    // The volume of a claim that is gone, by the claim's uid.
    void release(const std::string& uid)
    {
        const std::string volume = "pvc-" + uid;
        edit(m_store, coreKind("persistentvolumes"), "", volume,
             [](Json& edited) { removeFinalizer(edited, "kubernetes.io/pv-protection"); });
        (void)m_store.remove(coreKind("persistentvolumes"), "", volume);
    }

private:
    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
    std::set<std::string> m_told;
};

// A DataVolume for each image that its schedule finds, and a DataSource that points to the newest.
class CronController : public Controller {
public:
    explicit CronController(Site& site) : m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("dataimportcrons");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json cron = parseOwn(object->body);
        if (deleting(cron))
            return kOnChange;
        const std::string url = text(cron, "spec.template.spec.source.registry.url");
        const std::string name = key.name.substr(0, 40) + "-" + hashWord(url, 12);
        const std::string at = timestamp(m_store);
        const Json volume = read(m_store, kindOf("datavolumes"), key.ns, name);
        if (volume.is_null()) {
            Json made = cron["spec"].value("template", Json::object());
            made["metadata"]["name"] = name;
            made["metadata"]["namespace"] = key.ns;
            made["metadata"]["annotations"]["cdi.kubevirt.io/storage.bind.immediate.requested"] = "true";
            made["metadata"]["labels"]["cdi.kubevirt.io/dataImportCron"] = key.name;
            made["metadata"]["ownerReferences"] = Json::array({ownerOf(*object)});
            create(m_store, kindOf("datavolumes"), std::move(made));
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                Json& status = edited["status"];
                status["lastExecutionTimestamp"] = at;
                status["currentImports"] =
                    Json::array({{{"DataVolumeName", name}, {"Digest", "sha256:" + hashWord(url, 32)}}});
                status["sourceFormat"] = "pvc";
                setCondition(status, {"Progressing", "True", "ImportProgressing", "Import is progressing"},
                             at);
                setCondition(status, {"UpToDate", "False", "ImportProgressing", "Import is progressing"}, at);
            });
            return kOnChange;
        }
        if (text(volume, "status.phase") != "Succeeded" || isTrue(cron, "UpToDate"))
            return kOnChange;
        const std::string source = text(cron, "spec.managedDataSource");
        const Json to = {{"pvc", {{"namespace", key.ns}, {"name", name}}}};
        if (!m_store.get(kindOf("datasources"), key.ns, source))
            create(m_store, kindOf("datasources"),
                   {{"metadata",
                     {{"name", source},
                      {"namespace", key.ns},
                      {"labels", {{"cdi.kubevirt.io/dataImportCron", key.name}}}}},
                    {"spec", {{"source", to}}}});
        edit(m_store, kindOf("datasources"), key.ns, source, [&](Json& edited) {
            edited["spec"]["source"] = to;
            edited["status"]["source"] = to;
            setCondition(edited["status"], {"Ready", "True", "Ready", "DataSource is ready to be consumed"},
                         at);
        });
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["lastImportTimestamp"] = at;
            status["lastImportedPVC"] = {{"namespace", key.ns}, {"name", name}};
            setCondition(status, {"Progressing", "False", "NoImport", "No current import"}, at);
            setCondition(status, {"UpToDate", "True", "UpToDate", "Latest import is up to date"}, at);
        });
        return kOnChange;
    }

private:
    Store& m_store;
};

} // namespace

void addDataImportCrons(Site& site)
{
    Store& store = site.outer;
    Controller& crons = site.manager.add(store, std::make_unique<CronController>(site));
    site.manager.watch(store, kindOf("dataimportcrons"), crons);
    site.manager.watch(
        store, kindOf("datavolumes"), crons, [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            const std::string_view cron = lookUp(event.object->labels, "cdi.kubevirt.io/dataImportCron");
            if (!cron.empty())
                enqueue({event.object->ns, std::string(cron)});
        });
}

void addDataVolumeController(Site& site)
{
    Store& store = site.outer;
    Controller& volumes = site.manager.add(store, std::make_unique<DataVolumeController>(site));
    const Kind& kind = kindOf("datavolumes");
    site.named["datavolumes"] = &volumes;
    site.manager.watch(store, kind, volumes);
    const auto own = [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        if (event.object->owners.empty() ||
            event.object->body.find("containerized-data-importer") == std::string::npos)
            return;
        const std::string owner = ownerName(parseOwn(event.object->body), "DataVolume");
        if (!owner.empty())
            enqueue({event.object->ns, owner});
    };
    site.manager.watch(store, coreKind("persistentvolumeclaims"), volumes, own);
    site.manager.watch(store, coreKind("pods"), volumes, own);
    const auto unfinished = [&store, &kind](const StoreEvent&, const Manager::Enqueue& enqueue) {
        for (const ObjectPtr& volume : store.list(kind)) {
            if (volume->body.find(R"("phase":"Succeeded")") == std::string::npos)
                enqueue({volume->ns, volume->name});
        }
    };
    site.manager.watch(store, kindOf("storageclasses"), volumes, unfinished);
    site.manager.watch(store, kindOf("storageprofiles"), volumes, unfinished);

    auto made = std::make_unique<Provisioner>(site);
    Provisioner* const provisioner = made.get();
    site.named["provisioner"] = &site.manager.add(store, std::move(made));
    site.manager.watch(store, coreKind("persistentvolumeclaims"), *provisioner,
                       [provisioner](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.type == EventType::Deleted)
                               provisioner->release(event.object->uid);
                           else
                               enqueue({event.object->ns, event.object->name});
                       });
    site.manager.watch(store, kindOf("storageclasses"), *provisioner,
                       [&store](const StoreEvent&, const Manager::Enqueue& enqueue) {
                           for (const ObjectPtr& claim : store.list(coreKind("persistentvolumeclaims"))) {
                               if (claim->body.find(R"("phase":"Pending")") != std::string::npos)
                                   enqueue({claim->ns, claim->name});
                           }
                       });
}

} // namespace strata::demosite
