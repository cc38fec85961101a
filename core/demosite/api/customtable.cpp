// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/messages.h"

// The platform's own kinds, a line a structure, in the grammar of messages.h without numbers: they travel as
// JSON only. Fields and types are those of the definitions of KubeVirt 1.9, CDI 1.66, Cluster API 1.14 and
// its provider KubeVirt; equal structures are one, named after the field where they were met first.
namespace strata::demosite {

// clang-format off
const char* const kCustomTable[] = {
    "Checkpoint: current=s! previous=s!",
    "DataSource~: apiGroup=s kind=s! name=s!",
    "DataSourceRef: apiGroup=s kind=s! name=s! namespace=s",
    "Resources: limits=%IntOrString requests=%IntOrString",
    "MatchExpression: key=s! operator=s! values=*s",
    "Selector~: matchExpressions=*MatchExpression matchLabels=%s",
    "Pvc: accessModes=*s dataSource=DataSource dataSourceRef=DataSourceRef resources=Resources "
    "selector=Selector storageClassName=s volumeAttributesClassName=s volumeMode=s volumeName=s",
    "Gcs: secretRef=s url=s!",
    "Http: certConfigMap=s extraHeaders=*s secretExtraHeaders=*s secretRef=s url=s!",
    "Imageio: certConfigMap=s diskId=s! insecureSkipVerify=b secretRef=s url=s!",
    "SourcePvc: name=s! namespace=s!",
    "Platform: architecture=s",
    "Registry: certConfigMap=s imageStream=s platform=Platform pullMethod=s secretRef=s url=s",
    "S3: certConfigMap=s secretRef=s url=s!",
    "Vddk: backingFile=s extraArgs=s initImageURL=s secretRef=s thumbprint=s url=s uuid=s",
    "Source: blank=RawExtension gcs=Gcs http=Http imageio=Imageio pvc=SourcePvc registry=Registry s3=S3 "
    "snapshot=SourcePvc upload=RawExtension vddk=Vddk",
    "SourceRef: kind=s! name=s! namespace=s",
    "Storage: accessModes=*s dataSource=DataSource dataSourceRef=DataSourceRef resources=Resources "
    "selector=Selector storageClassName=s volumeMode=s volumeName=s",
    "Spec: checkpoints=*Checkpoint contentType=s(kubevirt|archive) finalCheckpoint=b preallocation=b "
    "priorityClassName=s pvc=Pvc source=Source sourceRef=SourceRef storage=Storage",
    "DataVolumeTemplate: apiVersion=s kind=s metadata=ObjectMeta spec=Spec! status=RawExtension",
    "Instancetype: inferFromVolume=s inferFromVolumeFailurePolicy=s kind=s name=s revisionName=s",
    "QemuGuestAgent: users=*s!#.",
    "PropagationMethod: configDrive=RawExtension noCloud=RawExtension qemuGuestAgent=QemuGuestAgent",
    "SourceSecret: secretName=s!",
    "SshPublicKeySource: secret=SourceSecret",
    "SshPublicKey: propagationMethod=PropagationMethod! source=SshPublicKeySource!",
    "UserPasswordPropagationMethod: qemuGuestAgent=RawExtension",
    "UserPassword: propagationMethod=UserPasswordPropagationMethod! source=SshPublicKeySource!",
    "AccessCredential: sshPublicKey=SshPublicKey userPassword=UserPassword",
    "Preference~: matchExpressions=*MatchExpression matchFields=*MatchExpression",
    "PreferredDuringSchedulingIgnoredDuringExecution: preference=Preference! weight=i!",
    "RequiredDuringSchedulingIgnoredDuringExecution~: nodeSelectorTerms=*Preference!",
    "AffinityNodeAffinity: "
    "preferredDuringSchedulingIgnoredDuringExecution=*PreferredDuringSchedulingIgnoredDuringExecution "
    "requiredDuringSchedulingIgnoredDuringExecution=RequiredDuringSchedulingIgnoredDuringExecution",
    "PreferredDuringSchedulingIgnoredDuringExecutionPodAffinityTerm: labelSelector=Selector "
    "matchLabelKeys=*s mismatchLabelKeys=*s namespaceSelector=Selector namespaces=*s topologyKey=s!",
    "PodAffinityPreferredDuringSchedulingIgnoredDuringExecution: "
    "podAffinityTerm=PreferredDuringSchedulingIgnoredDuringExecutionPodAffinityTerm! weight=i!",
    "AffinityPodAffinity: "
    "preferredDuringSchedulingIgnoredDuringExecution=*PodAffinityPreferredDuringSchedulingIgnoredDuringExecution "
    "requiredDuringSchedulingIgnoredDuringExecution=*PreferredDuringSchedulingIgnoredDuringExecutionPodAffinityTerm",
    "SpecAffinity: nodeAffinity=AffinityNodeAffinity podAffinity=AffinityPodAffinity "
    "podAntiAffinity=AffinityPodAffinity",
    "Option: name=s value=s",
    "DnsConfig: nameservers=*s options=*Option searches=*s",
    "Chassis: asset=s manufacturer=s serial=s sku=s version=s",
    "Hpet: present=b tickPolicy=s",
    "Hyperv: present=b",
    "Rtc: present=b tickPolicy=s track=s",
    "Timer: hpet=Hpet hyperv=Hyperv kvm=Hyperv pit=Hpet rtc=Rtc",
    "Utc: offsetSeconds=i",
    "Clock: timer=Timer timezone=s utc=Utc",
    "Feature: name=s! policy=s",
    "Numa: guestMappingPassthrough=RawExtension",
    "Realtime: mask=s",
    "Cpu: cores=i dedicatedCpuPlacement=b features=*Feature isolateEmulatorThread=b maxSockets=i model=s "
    "numa=Numa realtime=Realtime sockets=i threads=i",
    "Custom: discardGranularity=i logical=i physical=i",
    "MatchVolume: enabled=b",
    "BlockSize: custom=Custom matchVolume=MatchVolume",
    "Cdrom: bus=s readonly=b tray=s",
    "Disk: bus=s pciAddress=s readonly=b",
    "Lun: bus=s readonly=b reservation=b",
    "DevicesDisk: blockSize=BlockSize bootOrder=i cache=s cdrom=Cdrom changedBlockTracking=b "
    "dedicatedIOThread=b disk=Disk errorPolicy=s io=s lun=Lun name=s! serial=s shareable=b tag=s",
    "Filesystem: name=s! virtiofs=RawExtension!",
    "Display: enabled=b ramFB=MatchVolume",
    "VirtualGPUOptions: display=Display",
    "Gpus: claimName=s deviceName=s name=s! requestName=s tag=s virtualGPUOptions=VirtualGPUOptions",
    "HostDevice: claimName=s deviceName=s name=s! requestName=s tag=s",
    "Input: bus=s name=s! type=s!",
    "InterfaceBinding: name=s!",
    "PrivateOption: option=i! value=s!",
    "DhcpOptions: bootFileName=s ntpServers=*s privateOptions=*PrivateOption tftpServerName=s",
    "PortRange: end=i! protocol=s! start=i!",
    "Port: name=s port=i! protocol=s",
    "Interface: acpiIndex=i binding=InterfaceBinding bootOrder=i bridge=RawExtension "
    "dhcpOptions=DhcpOptions macAddress=s macvtap=RawExtension masquerade=RawExtension model=s name=s! "
    "passt=RawExtension passtBinding=RawExtension pciAddress=s portRanges=*PortRange ports=*Port "
    "slirp=RawExtension sriov=RawExtension state=s tag=s",
    "PanicDevice: model=s",
    "Sound: model=s name=s!",
    "Tpm: enabled=b persistent=b",
    "Video: type=s",
    "Diag288: action=s",
    "Watchdog: diag288=Diag288 i6300esb=Diag288 name=s!",
    "Devices: autoattachGraphicsDevice=b autoattachInputDevice=b autoattachMemBalloon=b "
    "autoattachPodInterface=b autoattachSerialConsole=b autoattachVSOCK=b blockMultiQueue=b "
    "clientPassthrough=RawExtension disableHotplug=b disks=*DevicesDisk downwardMetrics=RawExtension "
    "filesystems=*Filesystem gpus=*Gpus hostDevices=*HostDevice inputs=*Input interfaces=*Interface "
    "logSerialConsole=b networkInterfaceMultiqueue=b panicDevices=*PanicDevice rng=RawExtension "
    "sound=Sound tpm=Tpm useVirtioTransitional=b video=Video watchdog=Watchdog",
    "Apic: enabled=b endOfInterrupt=b",
    "Spinlocks: enabled=b spinlocks=i",
    "Synictimer: direct=MatchVolume enabled=b",
    "Tlbflush: direct=MatchVolume enabled=b extended=MatchVolume",
    "Vendorid: enabled=b vendorid=s",
    "FeaturesHyperv: evmcs=MatchVolume frequencies=MatchVolume ipi=MatchVolume "
    "reenlightenment=MatchVolume relaxed=MatchVolume reset=MatchVolume runtime=MatchVolume "
    "spinlocks=Spinlocks synic=MatchVolume synictimer=Synictimer tlbflush=Tlbflush vapic=MatchVolume "
    "vendorid=Vendorid vpindex=MatchVolume",
    "Kvm: hidden=b",
    "Features: acpi=MatchVolume apic=Apic hyperv=FeaturesHyperv hypervPassthrough=MatchVolume kvm=Kvm "
    "pvspinlock=MatchVolume smm=MatchVolume",
    "Acpi: msdmNameRef=s slicNameRef=s",
    "Bios: useSerial=b",
    "Efi: persistent=b secureBoot=b",
    "Bootloader: bios=Bios efi=Efi",
    "KernelBootContainer: image=s! imagePullPolicy=s imagePullSecret=s initrdPath=s kernelPath=s",
    "KernelBoot: container=KernelBootContainer kernelArgs=s",
    "Firmware: acpi=Acpi bootloader=Bootloader kernelBoot=KernelBoot serial=s uuid=s",
    "IoThreads: supplementalPoolThreadCount=i",
    "Policy: encryptedState=b",
    "Sev: attestation=RawExtension dhCert=s policy=Policy session=s",
    "LaunchSecurity: sev=Sev snp=RawExtension tdx=RawExtension",
    "Hugepages: pageSize=s",
    "ReservedOverhead: addedOverhead=IntOrString memLock=s(NotRequired|Required)",
    "Memory: guest=IntOrString hugepages=Hugepages maxGuest=IntOrString reservedOverhead=ReservedOverhead",
    "DomainResources: limits=%IntOrString overcommitGuestOverhead=b requests=%IntOrString",
    "Domain: chassis=Chassis clock=Clock cpu=Cpu devices=Devices! features=Features firmware=Firmware "
    "ioThreads=IoThreads ioThreadsPolicy=s launchSecurity=LaunchSecurity machine=Video memory=Memory "
    "rebootPolicy=s(Reboot|Terminate) resources=DomainResources",
    "Exec: command=*s",
    "HttpHeader: name=s! value=s!",
    "HttpGet: host=s httpHeaders=*HttpHeader path=s port=IntOrString! scheme=s",
    "TcpSocket: host=s port=IntOrString!",
    "LivenessProbe: exec=Exec failureThreshold=i guestAgentPing=RawExtension httpGet=HttpGet "
    "initialDelaySeconds=i periodSeconds=i successThreshold=i tcpSocket=TcpSocket timeoutSeconds=i",
    "Multus: default=b networkName=s!",
    "NetworkPod: vmIPv6NetworkCIDR=s vmNetworkCIDR=s",
    "NetworkResourceClaim: claimName=s requestName=s",
    "Network: multus=Multus name=s! pod=NetworkPod resourceClaim=NetworkResourceClaim",
    "SpecResourceClaim: name=s! resourceClaimName=s resourceClaimTemplateName=s",
    "SpecToleration: effect=s key=s operator=s tolerationSeconds=i value=s",
    "SpecTopologySpreadConstraint: labelSelector=Selector matchLabelKeys=*s maxSkew=i! minDomains=i "
    "nodeAffinityPolicy=s nodeTaintsPolicy=s topologyKey=s! whenUnsatisfiable=s!",
    "UtilityVolume: claimName=s! name=s! readOnly=b type=s",
    "NetworkDataSecretRef~: name=s",
    "ControllerRevisionRef: name=s",
    "CloudInitConfigDrive: networkData=s networkDataBase64=s networkDataSecretRef=NetworkDataSecretRef "
    "secretRef=NetworkDataSecretRef userData=s userDataBase64=s",
    "VolumeConfigMap~: name=s optional=b volumeLabel=s",
    "ContainerDisk: image=s! imagePullPolicy=s imagePullSecret=s path=s",
    "ContainerPath: path=s! readOnly=b",
    "DataVolume: hotpluggable=b name=s!",
    "FieldRef~: apiVersion=s fieldPath=s!",
    "ResourceFieldRef~: containerName=s divisor=IntOrString resource=s!",
    "Field: fieldRef=FieldRef mode=i path=s! resourceFieldRef=ResourceFieldRef",
    "DownwardAPI: fields=*Field volumeLabel=s",
    "EmptyDisk: capacity=IntOrString!",
    "EphemeralPersistentVolumeClaim: claimName=s! readOnly=b",
    "Ephemeral: persistentVolumeClaim=EphemeralPersistentVolumeClaim",
    "HostDisk: capacity=IntOrString path=s! shared=b type=s!",
    "MemoryDump: claimName=s! hotpluggable=b readOnly=b",
    "VolumeSecret: optional=b secretName=s volumeLabel=s",
    "VolumeServiceAccount: serviceAccountName=s",
    "Sysprep: configMap=NetworkDataSecretRef secret=NetworkDataSecretRef",
    "SpecVolume: cloudInitConfigDrive=CloudInitConfigDrive cloudInitNoCloud=CloudInitConfigDrive "
    "configMap=VolumeConfigMap containerDisk=ContainerDisk containerPath=ContainerPath "
    "dataVolume=DataVolume downwardAPI=DownwardAPI downwardMetrics=RawExtension emptyDisk=EmptyDisk "
    "ephemeral=Ephemeral hostDisk=HostDisk memoryDump=MemoryDump name=s! persistentVolumeClaim=MemoryDump "
    "secret=VolumeSecret serviceAccount=VolumeServiceAccount sysprep=Sysprep",
    "TemplateSpec: accessCredentials=*AccessCredential affinity=SpecAffinity architecture=s "
    "dnsConfig=DnsConfig dnsPolicy=s domain=Domain! evictionStrategy=s hostname=s "
    "livenessProbe=LivenessProbe networks=*Network nodeSelector=%s priorityClassName=s "
    "readinessProbe=LivenessProbe resourceClaims=*SpecResourceClaim#name schedulerName=s "
    "serviceAccountName=s startStrategy=s subdomain=s terminationGracePeriodSeconds=i "
    "tolerations=*SpecToleration "
    "topologySpreadConstraints=*SpecTopologySpreadConstraint#topologyKey,whenUnsatisfiable "
    "utilityVolumes=*UtilityVolume#name volumes=*SpecVolume",
    "Template: metadata=ObjectMeta spec=TemplateSpec",
    "VirtualMachineSpec: dataVolumeTemplates=*DataVolumeTemplate instancetype=Instancetype "
    "preference=Instancetype runStrategy=s running=b template=Template! updateVolumesStrategy=s",
    "BackupStatusVolume: dataEndpoint=s diskTarget=s! mapEndpoint=s volumeName=s!",
    "BackupStatus: backupMsg=s backupName=s checkpointName=s completed=b endTimestamp=Time failed=b "
    "quiesceStatus=s startTimestamp=Time volumes=*BackupStatusVolume",
    "ChangedBlockTracking: backupStatus=BackupStatus state=s!",
    "StatusCondition: lastProbeTime=Time lastTransitionTime=Time message=s reason=s status=s! type=s!",
    "InstancetypeRef: controllerRevisionRef=ControllerRevisionRef inferFromVolume=s "
    "inferFromVolumeFailurePolicy=s kind=s name=s",
    "MemoryDumpRequest: claimName=s! endTimestamp=Time fileName=s message=s phase=s! remove=b "
    "startTimestamp=Time",
    "StartFailure: consecutiveFailCount=i lastFailedVMIUID=s retryAfterTimestamp=Time",
    "StateChangeRequest: action=s! data=%s uid=s",
    "AddVolumeOptionsVolumeSource: dataVolume=DataVolume persistentVolumeClaim=MemoryDump",
    "AddVolumeOptions: disk=DevicesDisk! dryRun=*s name=s! volumeSource=AddVolumeOptionsVolumeSource!",
    "RemoveVolumeOptions: dryRun=*s name=s!",
    "VolumeRequest: addVolumeOptions=AddVolumeOptions removeVolumeOptions=RemoveVolumeOptions",
    "VolumeSnapshotStatuse: enabled=b! name=s! reason=s",
    "DestinationPVCInfo: accessModes=*s capacity=%IntOrString claimName=s filesystemOverhead=s "
    "preallocated=b requests=%IntOrString volumeMode=s",
    "MigratedVolume: destinationPVCInfo=DestinationPVCInfo sourcePVCInfo=DestinationPVCInfo volumeName=s!",
    "VolumeMigrationState: migratedVolumes=*MigratedVolume",
    "VolumeUpdateState: volumeMigrationState=VolumeMigrationState",
    "Status: changedBlockTracking=ChangedBlockTracking conditions=*StatusCondition created=b "
    "desiredGeneration=i instancetypeRef=InstancetypeRef memoryDumpRequest=MemoryDumpRequest "
    "observedGeneration=i preferenceRef=InstancetypeRef printableStatus=s ready=b restoreInProgress=s "
    "runStrategy=s snapshotInProgress=s startFailure=StartFailure stateChangeRequests=*StateChangeRequest "
    "volumeRequests=*VolumeRequest volumeSnapshotStatuses=*VolumeSnapshotStatuse "
    "volumeUpdateState=VolumeUpdateState",
    "VirtualMachine: spec=VirtualMachineSpec! status=Status",
    "CurrentCPUTopology: cores=i sockets=i threads=i",
    "GuestOSInfo: id=s kernelRelease=s kernelVersion=s machine=s name=s prettyName=s version=s "
    "versionId=s",
    "StatusInterface: infoSource=s interfaceName=s ipAddress=s ipAddresses=*s linkState=s mac=s name=s "
    "podInterfaceName=s queueCount=i",
    "InitrdInfo: checksum=i",
    "KernelBootStatus: initrdInfo=InitrdInfo kernelInfo=InitrdInfo",
    "StatusMemory: guestAtBoot=IntOrString guestCurrent=IntOrString guestRequested=IntOrString "
    "memoryOverhead=IntOrString",
    "StallDetector: completionTimeoutFactor=s ewmaAlpha=s patienceWindowDecayFactor=s "
    "precopyPossibleFactor=s searchLocalMinima=b stallMargin=i stallProgressTimeout=i switchoverTimeout=i",
    "Experimental: compression=s(none|zstd) stallDetector=StallDetector",
    "MigrationConfiguration: allowAutoConverge=b allowPostCopy=b allowWorkloadDisruption=b "
    "bandwidthPerMigration=IntOrString completionTimeoutPerGiB=i disableTLS=b experimental=Experimental "
    "matchSELinuxLevelOnMigration=b maxDowntimeMs=i network=s nodeDrainTaintKey=s "
    "parallelMigrationsPerCluster=i parallelOutboundMigrationsPerNode=i progressTimeout=i "
    "unsafeMigrationOverride=b utilityVolumesTimeout=i",
    "SourceState: domainName=s domainNamespace=s migrationUID=s node=s nodeSelectors=%s "
    "persistentStatePVCName=s pod=s selinuxContext=s syncAddress=s virtualMachineInstanceUID=s",
    "TargetState: attachmentPodUID=s cpuSet=*i directMigrationNodePorts=%i domainDetected=b domainName=s "
    "domainNamespace=s domainReadyTimestamp=Time migrationUID=s node=s nodeAddress=s nodeTopology=s "
    "persistentStatePVCName=s pod=s selinuxContext=s syncAddress=s virtualMachineInstanceUID=s",
    "MigrationState: abortRequested=b abortStatus=s completed=b endTimestamp=Time failed=b "
    "failureReason=s migrationConfiguration=MigrationConfiguration migrationNetworkType=s "
    "migrationPolicyName=s migrationUid=s mode=s sourceNode=s sourcePersistentStatePVCName=s sourcePod=s "
    "sourceState=SourceState startTimestamp=Time targetAttachmentPodUID=s targetCPUSet=*i "
    "targetDirectMigrationNodePorts=%i targetMemoryOverhead=IntOrString targetNode=s targetNodeAddress=s "
    "targetNodeDomainDetected=b targetNodeDomainReadyTimestamp=Time targetNodeTopology=s "
    "targetPersistentStatePVCName=s targetPod=s targetState=TargetState",
    "PhaseTransitionTimestamp: phase=s phaseTransitionTimestamp=Time",
    "TopologyHints: tscFrequency=i",
    "HotplugVolume: attachPodName=s attachPodUID=s",
    "MemoryDumpVolume: claimName=s endTimestamp=Time startTimestamp=Time targetFileName=s",
    "StatusVolumeStatus: containerDiskVolume=InitrdInfo hotplugVolume=HotplugVolume "
    "memoryDumpVolume=MemoryDumpVolume message=s name=s! persistentVolumeClaimInfo=DestinationPVCInfo "
    "phase=s reason=s size=i target=s!",
    "VirtualMachineInstanceStatus: VSOCKCID=i activePods=%s changedBlockTracking=ChangedBlockTracking "
    "conditions=*StatusCondition currentCPUTopology=CurrentCPUTopology evacuationNodeName=s "
    "fsFreezeStatus=s guestOSInfo=GuestOSInfo interfaces=*StatusInterface "
    "kernelBootStatus=KernelBootStatus launcherContainerImageVersion=s machine=Video memory=StatusMemory "
    "migratedVolumes=*MigratedVolume migrationMethod=s migrationState=MigrationState migrationTransport=s "
    "nodeName=s phase=s phaseTransitionTimestamps=*PhaseTransitionTimestamp qosClass=s reason=s "
    "runtimeUser=i selinuxContext=s topologyHints=TopologyHints virtualMachineRevisionName=s "
    "volumeStatus=*StatusVolumeStatus",
    "VirtualMachineInstance: spec=TemplateSpec! status=VirtualMachineInstanceStatus",
    "Receive: migrationID=s!",
    "SendTo: connectURL=s! migrationID=s!",
    "VirtualMachineInstanceMigrationSpec: addedNodeSelector=%s priority=s receive=Receive sendTo=SendTo "
    "vmiName=s",
    "VirtualMachineInstanceMigrationStatus: conditions=*StatusCondition migrationState=MigrationState "
    "phase=s phaseTransitionTimestamps=*PhaseTransitionTimestamp synchronizationAddresses=*s",
    "VirtualMachineInstanceMigration: spec=VirtualMachineInstanceMigrationSpec! "
    "status=VirtualMachineInstanceMigrationStatus",
    "Ca: duration=s renewBefore=s",
    "SelfSigned: ca=Ca caOverlapInterval=s caRotateInterval=s certRotateInterval=s server=Ca",
    "CertificateRotateStrategy: selfSigned=SelfSigned",
    "TokenBucketRateLimiter: burst=i! qps=d!",
    "RateLimiter: tokenBucketRateLimiter=TokenBucketRateLimiter",
    "RestClient: rateLimiter=RateLimiter",
    "ApiConfiguration: restClient=RestClient",
    "Amd64: emulatedMachines=*s machineType=s ovmfPath=s",
    "ArchitectureConfiguration: amd64=Amd64 arm64=Amd64 defaultArchitecture=s ppc64le=Amd64 s390x=Amd64",
    "ChangedBlockTrackingLabelSelectors: namespaceLabelSelector=Selector "
    "virtualMachineLabelSelector=Selector",
    "Attestation: enforced=b qgsSocketPath=s",
    "Tdx: attestation=Attestation",
    "ConfidentialCompute: tdx=Tdx",
    "DiskVerification: memoryLimit=IntOrString!",
    "LogVerbosity: nodeVerbosity=%i virtAPI=i virtController=i virtHandler=i virtLauncher=i "
    "virtOperator=i virtSynchronizationController=i",
    "DeveloperConfiguration: clusterProfiler=b cpuAllocationRatio=i disabledFeatureGates=*s "
    "diskVerification=DiskVerification featureGates=*s logVerbosity=LogVerbosity memoryOvercommit=i "
    "minimumClusterTSCFrequency=i minimumReservePVCBytes=i nodeSelectors=%s "
    "pvcTolerateLessSpaceUpToPercent=i useEmulation=b",
    "Hypervisor: name=s(kvm|hyperv-direct)",
    "ConfigurationInstancetype: referencePolicy=s(reference|expand|expandAll)",
    "KsmConfiguration: nodeLabelSelector=Selector",
    "LiveUpdateConfiguration: maxCpuSockets=i maxGuest=IntOrString maxHotplugRatio=i",
    "NodeMediatedDeviceType: mediatedDeviceTypes=*s mediatedDevicesTypes=*s nodeSelector=%s!",
    "MediatedDevicesConfiguration: enabled=b mediatedDeviceTypes=*s mediatedDevicesTypes=*s "
    "nodeMediatedDeviceTypes=*NodeMediatedDeviceType",
    "Migrations: allowAutoConverge=b allowPostCopy=b allowWorkloadDisruption=b "
    "bandwidthPerMigration=IntOrString completionTimeoutPerGiB=i disableTLS=b "
    "matchSELinuxLevelOnMigration=b maxDowntimeMs=i network=s nodeDrainTaintKey=s "
    "parallelMigrationsPerCluster=i parallelOutboundMigrationsPerNode=i progressTimeout=i "
    "unsafeMigrationOverride=b utilityVolumesTimeout=i",
    "Migration: method=s",
    "NetworkBinding: computeResourceOverhead=Resources domainAttachmentType=s downwardAPI=s "
    "migration=Migration networkAttachmentDefinition=s sidecarImage=s",
    "ConfigurationNetwork: binding=%NetworkBinding defaultNetworkInterface=s "
    "permitBridgeInterfaceOnPodNetwork=b permitSlirpInterface=b",
    "MediatedDevice: externalResourceProvider=b mdevNameSelector=s! resourceName=s!",
    "PciHostDevice: externalResourceProvider=b pciVendorSelector=s! resourceName=s!",
    "UsbSelector: product=s! vendor=s!",
    "Usb: externalResourceProvider=b resourceName=s! selectors=*UsbSelector",
    "PermittedHostDevices: mediatedDevices=*MediatedDevice pciHostDevices=*PciHostDevice usb=*Usb",
    "CustomProfile: localhostProfile=s runtimeDefaultProfile=b",
    "VirtualMachineInstanceProfile: customProfile=CustomProfile",
    "SeccompConfiguration: virtualMachineInstanceProfile=VirtualMachineInstanceProfile",
    "Smbios: family=s manufacturer=s product=s sku=s version=s",
    "SupportContainerResource: resources=Resources! type=s!",
    "TlsConfiguration: ciphers=*s#. minTLSVersion=s(VersionTLS10|VersionTLS11|VersionTLS12|VersionTLS13)",
    "VirtualMachineOptions: disableFreePageReporting=RawExtension disableSerialConsoleLog=RawExtension",
    "Configuration: additionalGuestMemoryOverheadRatio=s apiConfiguration=ApiConfiguration "
    "architectureConfiguration=ArchitectureConfiguration autoCPULimitNamespaceLabelSelector=Selector "
    "changedBlockTrackingLabelSelectors=ChangedBlockTrackingLabelSelectors "
    "commonInstancetypesDeployment=MatchVolume confidentialCompute=ConfidentialCompute "
    "controllerConfiguration=ApiConfiguration cpuModel=s cpuRequest=IntOrString defaultRuntimeClass=s "
    "developerConfiguration=DeveloperConfiguration emulatedMachines=*s evictionStrategy=s "
    "handlerConfiguration=ApiConfiguration hypervisors=*Hypervisor imagePullPolicy=s "
    "instancetype=ConfigurationInstancetype ksmConfiguration=KsmConfiguration "
    "liveUpdateConfiguration=LiveUpdateConfiguration machineType=s "
    "mediatedDevicesConfiguration=MediatedDevicesConfiguration memBalloonStatsPeriod=i "
    "migrations=Migrations minCPUModel=s network=ConfigurationNetwork obsoleteCPUModels=%b ovmfPath=s "
    "permittedHostDevices=PermittedHostDevices persistentReservationConfiguration=MatchVolume "
    "roleAggregationStrategy=s(AggregateToDefault|Manual) seccompConfiguration=SeccompConfiguration "
    "selinuxLauncherType=s smbios=Smbios supportContainerResources=*SupportContainerResource#type "
    "supportedGuestAgentVersions=*s tlsConfiguration=TlsConfiguration virtTemplateDeployment=MatchVolume "
    "virtualMachineInstancesPerNode=i virtualMachineOptions=VirtualMachineOptions "
    "vmRolloutStrategy=s(Stage|LiveUpdate) vmStateStorageClass=s webhookConfiguration=ApiConfiguration",
    "Flags: api=%s controller=%s handler=%s",
    "Patche: patch=s! resourceName=s! resourceType=s! type=s!",
    "CustomizeComponents: flags=Flags patches=*Patche",
    "NodePlacement: affinity=SpecAffinity nodeSelector=%s tolerations=*SpecToleration",
    "Infra: nodePlacement=NodePlacement replicas=i",
    "WorkloadUpdateStrategy: batchEvictionInterval=s batchEvictionSize=i workloadUpdateMethods=*s",
    "KubeVirtSpec: certificateRotateStrategy=CertificateRotateStrategy configuration=Configuration "
    "customizeComponents=CustomizeComponents imagePullPolicy=s imagePullSecrets=*NetworkDataSecretRef "
    "imageRegistry=s imageTag=s infra=Infra monitorAccount=s monitorNamespace=s productComponent=s "
    "productName=s productVersion=s serviceMonitorNamespace=s synchronizationPort=s uninstallStrategy=s "
    "workloadUpdateStrategy=WorkloadUpdateStrategy workloads=Infra",
    "Generation: group=s! hash=s lastGeneration=i! name=s! namespace=s resource=s!",
    "KubeVirtStatus: conditions=*StatusCondition defaultArchitecture=s generations=*Generation "
    "observedDeploymentConfig=s observedDeploymentID=s observedGeneration=i observedKubeVirtRegistry=s "
    "observedKubeVirtVersion=s operatorVersion=s outdatedVirtualMachineInstanceWorkloads=i phase=s "
    "synchronizationAddresses=*s targetDeploymentConfig=s targetDeploymentID=s targetKubeVirtRegistry=s "
    "targetKubeVirtVersion=s",
    "KubeVirt: spec=KubeVirtSpec! status=KubeVirtStatus",
    "VirtualMachineInstanceReplicaSetSpec: paused=b replicas=i selector=Selector! template=Template!",
    "VirtualMachineInstanceReplicaSetStatus: conditions=*StatusCondition labelSelector=s readyReplicas=i "
    "replicas=i",
    "VirtualMachineInstanceReplicaSet: spec=VirtualMachineInstanceReplicaSetSpec! "
    "status=VirtualMachineInstanceReplicaSetStatus",
    "SourceHttp: certConfigMap=s checksum=s extraHeaders=*s insecureSkipVerify=b secretExtraHeaders=*s "
    "secretRef=s url=s!",
    "SourceVddk: backingFile=s certConfigMap=s extraArgs=s initImageURL=s secretRef=s thumbprint=s url=s "
    "uuid=s",
    "SpecSource: blank=RawExtension gcs=Gcs http=SourceHttp imageio=Imageio pvc=SourcePvc "
    "registry=Registry s3=S3 snapshot=SourcePvc upload=RawExtension vddk=SourceVddk",
    "DataVolumeV1beta1Spec: checkpoints=*Checkpoint contentType=s(kubevirt|archive) finalCheckpoint=b "
    "preallocation=b priorityClassName=s pvc=Pvc serviceAccountName=s source=SpecSource "
    "sourceRef=SourceRef storage=Storage",
    "Condition2: lastHeartbeatTime=Time lastTransitionTime=Time message=s reason=s status=s! type=s!",
    "DataVolumeV1beta1Status: claimName=s conditions=*Condition2 phase=s progress=s restartCount=i",
    "DataVolumeV1beta1: spec=DataVolumeV1beta1Spec! status=DataVolumeV1beta1Status",
    "Source2: dataSource=SourcePvc pvc=SourcePvc snapshot=SourcePvc",
    "DataSourceV1beta1Spec: source=Source2!",
    "DataSourceV1beta1Status: conditions=*Condition2 source=Source2",
    "DataSourceV1beta1: spec=DataSourceV1beta1Spec! status=DataSourceV1beta1Status",
    "SpecTemplate: apiVersion=s kind=s metadata=ObjectMeta spec=DataVolumeV1beta1Spec! "
    "status=DataVolumeV1beta1Status",
    "DataImportCronSpec: garbageCollect=s importsToKeep=i managedDataSource=s! retentionPolicy=s "
    "schedule=s! serviceAccountName=s template=SpecTemplate!",
    "CurrentImport: DataVolumeName=s! Digest=s!",
    "DataImportCronStatus: conditions=*Condition2 currentImports=*CurrentImport "
    "lastExecutionTimestamp=Time lastImportTimestamp=Time lastImportedPVC=SourcePvc sourceFormat=s",
    "DataImportCron: spec=DataImportCronSpec! status=DataImportCronStatus",
    "ClaimPropertySet: accessModes=*s! volumeMode=s(Block|Filesystem)!",
    "StorageProfileSpec: claimPropertySets=*ClaimPropertySet cloneStrategy=s dataImportCronSourceFormat=s "
    "snapshotClass=s",
    "StorageProfileStatus: claimPropertySets=*ClaimPropertySet cloneStrategy=s conditions=*Condition2 "
    "dataImportCronSourceFormat=s provisioner=s snapshotClass=s storageClass=s",
    "StorageProfile: spec=StorageProfileSpec! status=StorageProfileStatus",
    "CertConfig: ca=Ca client=Ca server=Ca",
    "FilesystemOverhead: global=s storageClass=%s",
    "ImportProxy: HTTPProxy=s HTTPSProxy=s noProxy=s trustedCAProxy=s",
    "Claim: name=s! request=s",
    "PodResourceRequirements: claims=*Claim#name limits=%IntOrString requests=%IntOrString",
    "TlsSecurityProfileCustom: ciphers=*s! "
    "minTLSVersion=s(VersionTLS10|VersionTLS11|VersionTLS12|VersionTLS13)!",
    "TlsSecurityProfile: custom=TlsSecurityProfileCustom intermediate=RawExtension modern=RawExtension "
    "old=RawExtension type=s(Old|Intermediate|Modern|Custom)",
    "Config: dataVolumeTTLSeconds=i featureGates=*s filesystemOverhead=FilesystemOverhead "
    "imagePullSecrets=*NetworkDataSecretRef importProxy=ImportProxy insecureRegistries=*s logVerbosity=i "
    "podResourceRequirements=PodResourceRequirements preallocation=b scratchSpaceStorageClass=s "
    "tlsSecurityProfile=TlsSecurityProfile uploadProxyURLOverride=s webhookPvcRendering=s",
    "CustomizeComponentsFlags: api=%s controller=%s uploadProxy=%s",
    "SpecCustomizeComponents: flags=CustomizeComponentsFlags patches=*Patche",
    "SpecInfra: affinity=SpecAffinity apiServerReplicas=i deploymentReplicas=i nodeSelector=%s "
    "tolerations=*SpecToleration uploadProxyReplicas=i",
    "CDISpec: certConfig=CertConfig cloneStrategyOverride=s(copy|snapshot|csi-clone) config=Config "
    "customizeComponents=SpecCustomizeComponents imagePullPolicy=s(Always|IfNotPresent|Never) "
    "infra=SpecInfra priorityClass=s uninstallStrategy=s(RemoveWorkloads|BlockUninstallIfWorkloadsExist) "
    "workload=NodePlacement",
    "CDIStatus: conditions=*Condition2 observedVersion=s operatorVersion=s phase=s targetVersion=s",
    "CDI: spec=CDISpec! status=CDIStatus",
    "AvailabilityGate: conditionType=s! polarity=s(Positive|Negative)",
    "Pods: cidrBlocks=*s!",
    "ClusterNetwork: apiServerPort=i pods=Pods serviceDomain=s services=Pods",
    "ControlPlaneEndpoint: host=s port=i",
    "ControlPlaneRef: apiGroup=s! kind=s! name=s!",
    "ClassRef: name=s! namespace=s",
    "Deletion: nodeDeletionTimeoutSeconds=i nodeDrainTimeoutSeconds=i nodeVolumeDetachTimeoutSeconds=i",
    "UnhealthyMachineCondition: status=s(True|False|Unknown)! timeoutSeconds=i! type=s!",
    "UnhealthyNodeCondition: status=s! timeoutSeconds=i! type=s!",
    "Checks: nodeStartupTimeoutSeconds=i unhealthyMachineConditions=*UnhealthyMachineCondition "
    "unhealthyNodeConditions=*UnhealthyNodeCondition",
    "TemplateRef: apiVersion=s! kind=s! name=s!",
    "TriggerIf: unhealthyInRange=s unhealthyLessThanOrEqualTo=IntOrString",
    "Remediation: templateRef=TemplateRef triggerIf=TriggerIf",
    "HealthCheck: checks=Checks enabled=b remediation=Remediation",
    "Metadata: annotations=%s labels=%s",
    "Rollout: after=Time",
    "ControlPlaneTaint: effect=s(NoSchedule|PreferNoSchedule|NoExecute)! key=s! "
    "propagation=s(Always|OnInitialization)! value=s",
    "Override: name=s! value=RawExtension!",
    "Variables: overrides=*Override#name",
    "ControlPlane: deletion=Deletion healthCheck=HealthCheck metadata=Metadata "
    "readinessGates=*AvailabilityGate#conditionType replicas=i rollout=Rollout "
    "taints=*ControlPlaneTaint#key,effect variables=Variables",
    "MachineDeploymentDeletion: nodeDeletionTimeoutSeconds=i nodeDrainTimeoutSeconds=i "
    "nodeVolumeDetachTimeoutSeconds=i order=s(Random|Newest|Oldest)",
    "HealthCheckRemediation: maxInFlight=IntOrString templateRef=TemplateRef triggerIf=TriggerIf",
    "MachineDeploymentHealthCheck: checks=Checks enabled=b remediation=HealthCheckRemediation",
    "RollingUpdate: maxSurge=IntOrString maxUnavailable=IntOrString",
    "Strategy: rollingUpdate=RollingUpdate type=s(RollingUpdate|OnDelete)!",
    "MachineDeploymentRollout: after=Time strategy=Strategy",
    "MachineDeployment: class=s! deletion=MachineDeploymentDeletion failureDomain=s "
    "healthCheck=MachineDeploymentHealthCheck metadata=Metadata minReadySeconds=i name=s! "
    "readinessGates=*AvailabilityGate#conditionType replicas=i rollout=MachineDeploymentRollout "
    "taints=*ControlPlaneTaint#key,effect variables=Variables",
    "MachinePool: class=s! deletion=Deletion failureDomains=*s metadata=Metadata minReadySeconds=i "
    "name=s! replicas=i taints=*ControlPlaneTaint#key,effect variables=Variables",
    "Workers: machineDeployments=*MachineDeployment#name machinePools=*MachinePool#name",
    "Topology: classRef=ClassRef! controlPlane=ControlPlane variables=*Override#name version=s! "
    "workers=Workers",
    "ClusterSpec: availabilityGates=*AvailabilityGate#conditionType clusterNetwork=ClusterNetwork "
    "controlPlaneEndpoint=ControlPlaneEndpoint controlPlaneRef=ControlPlaneRef "
    "infrastructureRef=ControlPlaneRef paused=b topology=Topology",
    "Condition3: lastTransitionTime=Time! message=s! observedGeneration=i reason=s! "
    "status=s(True|False|Unknown)! type=s!",
    "UpgradePlan: version=s!",
    "Version: replicas=i version=s!",
    "StatusControlPlane: availableReplicas=i desiredReplicas=i readyReplicas=i replicas=i "
    "upToDateReplicas=i upgradePlan=*UpgradePlan versions=*Version",
    "V1beta1Condition: lastTransitionTime=Time! message=s reason=s severity=s status=s! type=s!",
    "V1beta1: conditions=*V1beta1Condition failureMessage=s failureReason=s",
    "Deprecated: v1beta1=V1beta1",
    "FailureDomain: attributes=%s controlPlane=b name=s!",
    "Initialization: controlPlaneInitialized=b infrastructureProvisioned=b",
    "ClusterStatus: conditions=*Condition3#type controlPlane=StatusControlPlane deprecated=Deprecated "
    "failureDomains=*FailureDomain#name initialization=Initialization observedGeneration=i "
    "phase=s(Pending|Provisioning|Provisioned|Deleting|Failed|Unknown) workers=StatusControlPlane",
    "Cluster: spec=ClusterSpec! status=ClusterStatus",
    "SpecControlPlaneRef~: apiVersion=s fieldPath=s kind=s name=s namespace=s resourceVersion=s uid=s",
    "UnhealthyCondition: status=s! timeout=s! type=s!",
    "MachineHealthCheckUnhealthyMachineCondition: status=s(True|False|Unknown)! timeout=s! type=s!",
    "MachineHealthCheck: enable=b maxUnhealthy=IntOrString nodeStartupTimeout=s "
    "remediationTemplate=SpecControlPlaneRef unhealthyConditions=*UnhealthyCondition "
    "unhealthyMachineConditions=*MachineHealthCheckUnhealthyMachineCondition unhealthyRange=s",
    "VariablesOverride: definitionFrom=s name=s! value=RawExtension!",
    "ControlPlaneVariables: overrides=*VariablesOverride#name",
    "TopologyControlPlane: machineHealthCheck=MachineHealthCheck metadata=Metadata nodeDeletionTimeout=s "
    "nodeDrainTimeout=s nodeVolumeDetachTimeout=s readinessGates=*AvailabilityGate#conditionType "
    "replicas=i rollout=Rollout taints=*ControlPlaneTaint#key,effect variables=ControlPlaneVariables",
    "StrategyRemediation: maxInFlight=IntOrString",
    "StrategyRollingUpdate: deletePolicy=s(Random|Newest|Oldest) maxSurge=IntOrString "
    "maxUnavailable=IntOrString",
    "MachineDeploymentStrategy: remediation=StrategyRemediation rollingUpdate=StrategyRollingUpdate "
    "type=s(RollingUpdate|OnDelete)",
    "WorkersMachineDeployment: class=s! failureDomain=s machineHealthCheck=MachineHealthCheck "
    "metadata=Metadata minReadySeconds=i name=s! nodeDeletionTimeout=s nodeDrainTimeout=s "
    "nodeVolumeDetachTimeout=s readinessGates=*AvailabilityGate#conditionType replicas=i rollout=Rollout "
    "strategy=MachineDeploymentStrategy taints=*ControlPlaneTaint#key,effect "
    "variables=ControlPlaneVariables",
    "WorkersMachinePool: class=s! failureDomains=*s metadata=Metadata minReadySeconds=i name=s! "
    "nodeDeletionTimeout=s nodeDrainTimeout=s nodeVolumeDetachTimeout=s replicas=i "
    "taints=*ControlPlaneTaint#key,effect variables=ControlPlaneVariables",
    "TopologyWorkers: machineDeployments=*WorkersMachineDeployment#name "
    "machinePools=*WorkersMachinePool#name",
    "SpecTopology: class=s! classNamespace=s controlPlane=TopologyControlPlane rolloutAfter=Time "
    "variables=*VariablesOverride#name version=s! workers=TopologyWorkers",
    "ClusterV1beta1Spec: availabilityGates=*AvailabilityGate#conditionType clusterNetwork=ClusterNetwork "
    "controlPlaneEndpoint=ControlPlaneEndpoint controlPlaneRef=SpecControlPlaneRef "
    "infrastructureRef=SpecControlPlaneRef paused=b topology=SpecTopology",
    "StatusFailureDomain: attributes=%s controlPlane=b",
    "V1beta2: conditions=*Condition3#type controlPlane=StatusControlPlane workers=StatusControlPlane",
    "ClusterV1beta1Status: conditions=*V1beta1Condition controlPlaneReady=b "
    "failureDomains=%StatusFailureDomain failureMessage=s failureReason=s infrastructureReady=b "
    "observedGeneration=i phase=s(Pending|Provisioning|Provisioned|Deleting|Failed|Unknown) "
    "v1beta2=V1beta2",
    "ClusterV1beta1: spec=ClusterV1beta1Spec status=ClusterV1beta1Status",
    "ControlPlaneHealthCheck: checks=Checks remediation=Remediation",
    "MachineInfrastructure: templateRef=TemplateRef!",
    "Naming: template=s",
    "SpecControlPlane: deletion=Deletion healthCheck=ControlPlaneHealthCheck "
    "machineInfrastructure=MachineInfrastructure metadata=Metadata naming=Naming "
    "readinessGates=*AvailabilityGate#conditionType taints=*ControlPlaneTaint#key,effect "
    "templateRef=TemplateRef!",
    "Infrastructure: naming=Naming templateRef=TemplateRef!",
    "ValueFrom: template=s variable=s",
    "JsonPatche: op=s(add|replace|remove)! path=s! value=RawExtension valueFrom=ValueFrom",
    "MachineDeploymentClass: names=*s",
    "MatchResources: controlPlane=b infrastructureCluster=b machineDeploymentClass=MachineDeploymentClass "
    "machinePoolClass=MachineDeploymentClass",
    "DefinitionSelector: apiVersion=s! kind=s! matchResources=MatchResources!",
    "Definition: jsonPatches=*JsonPatche! selector=DefinitionSelector!",
    "External: discoverVariablesExtension=s generatePatchesExtension=s settings=%s "
    "validateTopologyExtension=s",
    "SpecPatche: definitions=*Definition description=s enabledIf=s external=External name=s!",
    "UpgradeExternal: generateUpgradePlanExtension=s",
    "Upgrade: external=UpgradeExternal",
    "X-kubernetes-validation: fieldPath=s message=s messageExpression=s "
    "reason=s(FieldValueInvalid|FieldValueForbidden|FieldValueRequired|FieldValueDuplicate) rule=s!",
    "OpenAPIV3Schema: additionalProperties=RawExtension allOf=RawExtension anyOf=RawExtension "
    "default=RawExtension description=s enum=*RawExtension example=RawExtension exclusiveMaximum=b "
    "exclusiveMinimum=b format=s items=RawExtension maxItems=i maxLength=i maxProperties=i maximum=i "
    "minItems=i minLength=i minProperties=i minimum=i not=RawExtension oneOf=RawExtension pattern=s "
    "properties=RawExtension required=*s type=s(object|array|string|integer|number|boolean) uniqueItems=b "
    "x-kubernetes-int-or-string=b x-kubernetes-preserve-unknown-fields=b "
    "x-kubernetes-validations=*X-kubernetes-validation#rule x-metadata=Metadata",
    "Schema: openAPIV3Schema=OpenAPIV3Schema!",
    "Variable: deprecatedV1Beta1Metadata=Metadata name=s! required=b! schema=Schema!",
    "HealthCheck2: checks=Checks remediation=HealthCheckRemediation",
    "Rollout2: strategy=Strategy",
    "MachineDeployment2: bootstrap=MachineInfrastructure! class=s! deletion=MachineDeploymentDeletion "
    "failureDomain=s healthCheck=HealthCheck2 infrastructure=MachineInfrastructure! metadata=Metadata "
    "minReadySeconds=i naming=Naming readinessGates=*AvailabilityGate#conditionType rollout=Rollout2 "
    "taints=*ControlPlaneTaint#key,effect",
    "MachinePool2: bootstrap=MachineInfrastructure! class=s! deletion=Deletion failureDomains=*s "
    "infrastructure=MachineInfrastructure! metadata=Metadata minReadySeconds=i naming=Naming "
    "taints=*ControlPlaneTaint#key,effect",
    "SpecWorkers: machineDeployments=*MachineDeployment2#class machinePools=*MachinePool2#class",
    "ClusterClassSpec: availabilityGates=*AvailabilityGate#conditionType controlPlane=SpecControlPlane! "
    "infrastructure=Infrastructure! kubernetesVersions=*s patches=*SpecPatche upgrade=Upgrade "
    "variables=*Variable workers=SpecWorkers",
    "DeprecatedV1beta1: conditions=*V1beta1Condition",
    "StatusDeprecated: v1beta1=DeprecatedV1beta1",
    "VariableDefinition: deprecatedV1Beta1Metadata=Metadata from=s! required=b! schema=Schema!",
    "StatusVariable: definitions=*VariableDefinition! definitionsConflict=b name=s!",
    "ClusterClassStatus: conditions=*Condition3#type deprecated=StatusDeprecated observedGeneration=i "
    "variables=*StatusVariable",
    "ClusterClass: spec=ClusterClassSpec! status=ClusterClassStatus",
    "ControlPlaneMachineHealthCheck: maxUnhealthy=IntOrString nodeStartupTimeout=s "
    "remediationTemplate=SpecControlPlaneRef unhealthyConditions=*UnhealthyCondition "
    "unhealthyMachineConditions=*MachineHealthCheckUnhealthyMachineCondition unhealthyRange=s",
    "ControlPlaneMachineInfrastructure: ref=SpecControlPlaneRef!",
    "ControlPlane2: machineHealthCheck=ControlPlaneMachineHealthCheck "
    "machineInfrastructure=ControlPlaneMachineInfrastructure metadata=Metadata namingStrategy=Naming "
    "nodeDeletionTimeout=s nodeDrainTimeout=s nodeVolumeDetachTimeout=s "
    "readinessGates=*AvailabilityGate#conditionType ref=SpecControlPlaneRef! "
    "taints=*ControlPlaneTaint#key,effect",
    "PatcheExternal: discoverVariablesExtension=s generateExtension=s settings=%s validateExtension=s",
    "Patche2: definitions=*Definition description=s enabledIf=s external=PatcheExternal name=s!",
    "SpecVariable: metadata=Metadata name=s! required=b! schema=Schema!",
    "MachineDeploymentTemplate: bootstrap=ControlPlaneMachineInfrastructure! "
    "infrastructure=ControlPlaneMachineInfrastructure! metadata=Metadata",
    "MachineDeployment3: class=s! failureDomain=s machineHealthCheck=ControlPlaneMachineHealthCheck "
    "minReadySeconds=i namingStrategy=Naming nodeDeletionTimeout=s nodeDrainTimeout=s "
    "nodeVolumeDetachTimeout=s readinessGates=*AvailabilityGate#conditionType "
    "strategy=MachineDeploymentStrategy taints=*ControlPlaneTaint#key,effect "
    "template=MachineDeploymentTemplate!",
    "MachinePool3: class=s! failureDomains=*s minReadySeconds=i namingStrategy=Naming "
    "nodeDeletionTimeout=s nodeDrainTimeout=s nodeVolumeDetachTimeout=s "
    "taints=*ControlPlaneTaint#key,effect template=MachineDeploymentTemplate!",
    "Workers2: machineDeployments=*MachineDeployment3#class machinePools=*MachinePool3#class",
    "ClusterClassV1beta1Spec: availabilityGates=*AvailabilityGate#conditionType "
    "controlPlane=ControlPlane2 infrastructure=ControlPlaneMachineInfrastructure "
    "infrastructureNamingStrategy=Naming kubernetesVersions=*s patches=*Patche2 upgrade=Upgrade "
    "variables=*SpecVariable workers=Workers2",
    "StatusV1beta2: conditions=*Condition3#type",
    "Definition2: from=s! metadata=Metadata required=b! schema=Schema!",
    "Variable2: definitions=*Definition2! definitionsConflict=b name=s!",
    "ClusterClassV1beta1Status: conditions=*V1beta1Condition observedGeneration=i v1beta2=StatusV1beta2 "
    "variables=*Variable2",
    "ClusterClassV1beta1: spec=ClusterClassV1beta1Spec status=ClusterClassV1beta1Status",
    "Bootstrap: configRef=ControlPlaneRef dataSecretName=s",
    "MachineSpec: bootstrap=Bootstrap! clusterName=s! deletion=Deletion failureDomain=s "
    "infrastructureRef=ControlPlaneRef! minReadySeconds=i providerID=s "
    "readinessGates=*AvailabilityGate#conditionType taints=*ControlPlaneTaint#key,effect version=s",
    "Address: address=s! type=s(Hostname|ExternalIP|InternalIP|ExternalDNS|InternalDNS)!",
    "StatusDeletion: nodeDrainStartTime=Time waitForNodeVolumeDetachStartTime=Time "
    "waitForPreDrainHookStartTime=Time waitForPreTerminateHookStartTime=Time",
    "StatusInitialization: bootstrapDataSecretCreated=b infrastructureProvisioned=b",
    "Swap: capacity=i",
    "NodeInfo: architecture=s! bootID=s! containerRuntimeVersion=s! kernelVersion=s! kubeProxyVersion=s! "
    "kubeletVersion=s! machineID=s! operatingSystem=s! osImage=s! swap=Swap systemUUID=s!",
    "MachineStatus: addresses=*Address certificatesExpiryDate=Time conditions=*Condition3#type "
    "deletion=StatusDeletion deprecated=Deprecated failureDomain=s initialization=StatusInitialization "
    "lastUpdated=Time nodeInfo=NodeInfo nodeRef=InterfaceBinding observedGeneration=i "
    "phase=s(Pending|Provisioning|Provisioned|Running|Updating|Deleting|Deleted|Failed|Unknown)",
    "Machine: spec=MachineSpec! status=MachineStatus",
    "SpecBootstrap: configRef=SpecControlPlaneRef dataSecretName=s",
    "MachineV1beta1Spec: bootstrap=SpecBootstrap! clusterName=s! failureDomain=s "
    "infrastructureRef=SpecControlPlaneRef! nodeDeletionTimeout=s nodeDrainTimeout=s "
    "nodeVolumeDetachTimeout=s providerID=s readinessGates=*AvailabilityGate#conditionType "
    "taints=*ControlPlaneTaint#key,effect version=s",
    "MachineV1beta1Status: addresses=*Address bootstrapReady=b certificatesExpiryDate=Time "
    "conditions=*V1beta1Condition deletion=StatusDeletion failureMessage=s failureReason=s "
    "infrastructureReady=b lastUpdated=Time nodeInfo=NodeInfo nodeRef=SpecControlPlaneRef "
    "observedGeneration=i "
    "phase=s(Pending|Provisioning|Provisioned|Running|Deleting|Deleted|Failed|Unknown) "
    "v1beta2=StatusV1beta2",
    "MachineV1beta1: spec=MachineV1beta1Spec status=MachineV1beta1Status",
    "SpecDeletion: order=s(Random|Newest|Oldest)",
    "Template2: metadata=Metadata spec=MachineSpec!",
    "MachineSetSpec: clusterName=s! deletion=SpecDeletion machineNaming=Naming replicas=i "
    "selector=Selector! template=Template2!",
    "V1beta12: availableReplicas=i conditions=*V1beta1Condition failureMessage=s failureReason=s "
    "fullyLabeledReplicas=i readyReplicas=i",
    "Deprecated2: v1beta1=V1beta12",
    "MachineSetStatus: availableReplicas=i conditions=*Condition3#type deprecated=Deprecated2 "
    "observedGeneration=i readyReplicas=i replicas=i selector=s upToDateReplicas=i "
    "versions=*Version#version",
    "MachineSet: spec=MachineSetSpec! status=MachineSetStatus",
    "Template3: metadata=Metadata spec=MachineV1beta1Spec",
    "MachineSetV1beta1Spec: clusterName=s! deletePolicy=s(Random|Newest|Oldest) "
    "machineNamingStrategy=Naming minReadySeconds=i replicas=i selector=Selector! template=Template3",
    "V1beta22: availableReplicas=i conditions=*Condition3#type readyReplicas=i upToDateReplicas=i",
    "MachineSetV1beta1Status: availableReplicas=i conditions=*V1beta1Condition failureMessage=s "
    "failureReason=s fullyLabeledReplicas=i observedGeneration=i readyReplicas=i replicas=i selector=s "
    "v1beta2=V1beta22 versions=*Version#version",
    "MachineSetV1beta1: spec=MachineSetV1beta1Spec status=MachineSetV1beta1Status",
    "MachineDeploymentV1beta2Spec: clusterName=s! deletion=SpecDeletion machineNaming=Naming paused=b "
    "remediation=StrategyRemediation replicas=i rollout=MachineDeploymentRollout selector=Selector! "
    "template=Template2!",
    "V1beta13: availableReplicas=i conditions=*V1beta1Condition readyReplicas=i unavailableReplicas=i "
    "updatedReplicas=i",
    "Deprecated3: v1beta1=V1beta13",
    "MachineDeploymentV1beta2Status: availableReplicas=i conditions=*Condition3#type "
    "deprecated=Deprecated3 observedGeneration=i phase=s(ScalingUp|ScalingDown|Running|Failed|Unknown) "
    "readyReplicas=i replicas=i selector=s upToDateReplicas=i versions=*Version#version",
    "MachineDeploymentV1beta2: spec=MachineDeploymentV1beta2Spec! status=MachineDeploymentV1beta2Status",
    "MachineDeploymentV1beta1Spec: clusterName=s! machineNamingStrategy=Naming minReadySeconds=i paused=b "
    "progressDeadlineSeconds=i replicas=i revisionHistoryLimit=i rolloutAfter=Time selector=Selector! "
    "strategy=MachineDeploymentStrategy template=Template3!",
    "MachineDeploymentV1beta1Status: availableReplicas=i conditions=*V1beta1Condition "
    "observedGeneration=i phase=s(ScalingUp|ScalingDown|Running|Failed|Unknown) readyReplicas=i "
    "replicas=i selector=s unavailableReplicas=i updatedReplicas=i v1beta2=V1beta22 "
    "versions=*Version#version",
    "MachineDeploymentV1beta1: spec=MachineDeploymentV1beta1Spec status=MachineDeploymentV1beta1Status",
    "MachineHealthCheckV1beta2Spec: checks=Checks clusterName=s! remediation=Remediation "
    "selector=Selector!",
    "MachineHealthCheckV1beta2Status: conditions=*Condition3#type currentHealthy=i "
    "deprecated=StatusDeprecated expectedMachines=i observedGeneration=i remediationsAllowed=i targets=*s",
    "MachineHealthCheckV1beta2: spec=MachineHealthCheckV1beta2Spec! "
    "status=MachineHealthCheckV1beta2Status",
    "MachineHealthCheckV1beta1Spec: clusterName=s! maxUnhealthy=IntOrString nodeStartupTimeout=s "
    "remediationTemplate=SpecControlPlaneRef selector=Selector! unhealthyConditions=*UnhealthyCondition "
    "unhealthyMachineConditions=*MachineHealthCheckUnhealthyMachineCondition unhealthyRange=s",
    "MachineHealthCheckV1beta1Status: conditions=*V1beta1Condition currentHealthy=i expectedMachines=i "
    "observedGeneration=i remediationsAllowed=i targets=*s v1beta2=StatusV1beta2",
    "MachineHealthCheckV1beta1: spec=MachineHealthCheckV1beta1Spec status=MachineHealthCheckV1beta1Status",
    "ConfigMapKeyRef~: key=s! name=s optional=b",
    "FileKeyRef~: key=s! optional=b path=s! volumeName=s!",
    "ExtraEnvValueFrom: configMapKeyRef=ConfigMapKeyRef fieldRef=FieldRef fileKeyRef=FileKeyRef "
    "resourceFieldRef=ResourceFieldRef secretKeyRef=ConfigMapKeyRef",
    "ExtraEnv: name=s! value=s valueFrom=ExtraEnvValueFrom",
    "ExtraVolume: hostPath=s! mountPath=s! name=s! pathType=s readOnly=b",
    "ApiServer: certSANs=*s extraArgs=*HttpHeader#name,value extraEnvs=*ExtraEnv "
    "extraVolumes=*ExtraVolume",
    "ControllerManager: extraArgs=*HttpHeader#name,value extraEnvs=*ExtraEnv extraVolumes=*ExtraVolume",
    "Dns: imageRepository=s imageTag=s",
    "EtcdExternal: caFile=s! certFile=s! endpoints=*s! keyFile=s!",
    "Local: dataDir=s extraArgs=*HttpHeader#name,value extraEnvs=*ExtraEnv imageRepository=s imageTag=s "
    "peerCertSANs=*s serverCertSANs=*s",
    "Etcd: external=EtcdExternal local=Local",
    "ClusterConfiguration: apiServer=ApiServer caCertificateValidityPeriodDays=i "
    "certificateValidityPeriodDays=i certificatesDir=s controlPlaneEndpoint=s "
    "controllerManager=ControllerManager dns=Dns "
    "encryptionAlgorithm=s(ECDSA-P256|ECDSA-P384|RSA-2048|RSA-3072|RSA-4096) etcd=Etcd featureGates=%b "
    "imageRepository=s scheduler=ControllerManager",
    "DiskSetupFilesystem: device=s! extraOpts=*s filesystem=s! label=s overwrite=b partition=s "
    "replaceFS=s",
    "DiskLayout: partitionType=s percentage=i!",
    "Partition: device=s! diskLayout=*DiskLayout layout=b overwrite=b tableType=s(mbr|gpt)",
    "DiskSetup: filesystems=*DiskSetupFilesystem partitions=*Partition",
    "ContentFromSecret: key=s! name=s!",
    "ContentFrom: secret=ContentFromSecret!",
    "File: append=b content=s contentFormat=s(Raw|Template) contentFrom=ContentFrom encoding=s owner=s "
    "path=s! permissions=s",
    "ContainerLinuxConfig: additionalConfig=s strict=b",
    "Ignition: containerLinuxConfig=ContainerLinuxConfig",
    "BootstrapToken: description=s expires=Time groups=*s token=s! ttlSeconds=i usages=*s",
    "LocalAPIEndpoint: advertiseAddress=s bindPort=i",
    "NodeRegistrationTaint: effect=s! key=s! timeAdded=Time value=s",
    "NodeRegistration: criSocket=s ignorePreflightErrors=*s imagePullPolicy=s(Always|IfNotPresent|Never) "
    "imagePullSerial=b kubeletExtraArgs=*HttpHeader#name,value name=s taints=*NodeRegistrationTaint",
    "Patches: directory=s",
    "Timeouts: controlPlaneComponentHealthCheckSeconds=i discoverySeconds=i etcdAPICallSeconds=i "
    "kubeletHealthCheckSeconds=i kubernetesAPICallSeconds=i tlsBootstrapSeconds=i",
    "InitConfiguration: bootstrapTokens=*BootstrapToken localAPIEndpoint=LocalAPIEndpoint "
    "nodeRegistration=NodeRegistration patches=Patches skipPhases=*s timeouts=Timeouts",
    "JoinConfigurationControlPlane: localAPIEndpoint=LocalAPIEndpoint",
    "DiscoveryBootstrapToken: apiServerEndpoint=s caCertHashes=*s token=s unsafeSkipCAVerification=b",
    "KubeConfigCluster: certificateAuthorityData=s insecureSkipTLSVerify=b proxyURL=s server=s "
    "tlsServerName=s",
    "AuthProvider: config=%s name=s!",
    "UserExec: apiVersion=s args=*s command=s! env=*HttpHeader provideClusterInfo=b",
    "User: authProvider=AuthProvider exec=UserExec",
    "KubeConfig: cluster=KubeConfigCluster user=User!",
    "DiscoveryFile: kubeConfig=KubeConfig kubeConfigPath=s!",
    "Discovery: bootstrapToken=DiscoveryBootstrapToken file=DiscoveryFile tlsBootstrapToken=s",
    "JoinConfiguration: caCertPath=s controlPlane=JoinConfigurationControlPlane discovery=Discovery "
    "nodeRegistration=NodeRegistration patches=Patches skipPhases=*s timeouts=Timeouts",
    "Ntp: enabled=b servers=*s",
    "KubeadmConfigSpecUser: gecos=s groups=s homeDir=s inactive=b lockPassword=b name=s! passwd=s "
    "passwdFrom=ContentFrom primaryGroup=s shell=s sshAuthorizedKeys=*s sudo=s",
    "KubeadmConfigSpec: bootCommands=*s clusterConfiguration=ClusterConfiguration diskSetup=DiskSetup "
    "files=*File format=s(cloud-config|ignition) ignition=Ignition initConfiguration=InitConfiguration "
    "joinConfiguration=JoinConfiguration mounts=*RawExtension ntp=Ntp postKubeadmCommands=*s "
    "preKubeadmCommands=*s users=*KubeadmConfigSpecUser verbosity=i",
    "MachineTemplateSpec: deletion=Deletion infrastructureRef=ControlPlaneRef! "
    "readinessGates=*AvailabilityGate#conditionType taints=*ControlPlaneTaint#key,effect",
    "MachineTemplate: metadata=Metadata spec=MachineTemplateSpec!",
    "SpecRemediation: maxRetry=i minHealthyPeriodSeconds=i retryPeriodSeconds=i",
    "Before: certificatesExpiryDays=i",
    "RollingUpdate2: maxSurge=IntOrString",
    "RolloutStrategy: rollingUpdate=RollingUpdate2 type=s(RollingUpdate)!",
    "SpecRollout: after=Time before=Before strategy=RolloutStrategy",
    "KubeadmControlPlaneSpec: kubeadmConfigSpec=KubeadmConfigSpec machineNaming=Naming "
    "machineTemplate=MachineTemplate! remediation=SpecRemediation replicas=i rollout=SpecRollout "
    "version=s!",
    "V1beta14: conditions=*V1beta1Condition failureMessage=s failureReason=s readyReplicas=i "
    "unavailableReplicas=i updatedReplicas=i",
    "Deprecated4: v1beta1=V1beta14",
    "Initialization2: controlPlaneInitialized=b",
    "LastRemediation: machine=s! retryCount=i! time=Time!",
    "KubeadmControlPlaneStatus: availableReplicas=i conditions=*Condition3#type deprecated=Deprecated4 "
    "initialization=Initialization2 lastRemediation=LastRemediation observedGeneration=i readyReplicas=i "
    "replicas=i selector=s upToDateReplicas=i version=s versions=*Version#version",
    "KubeadmControlPlane: spec=KubeadmControlPlaneSpec! status=KubeadmControlPlaneStatus",
    "ClusterConfigurationApiServer: certSANs=*s extraArgs=%s extraEnvs=*ExtraEnv "
    "extraVolumes=*ExtraVolume timeoutForControlPlane=s",
    "ClusterConfigurationControllerManager: extraArgs=%s extraEnvs=*ExtraEnv extraVolumes=*ExtraVolume",
    "EtcdLocal: dataDir=s extraArgs=%s extraEnvs=*ExtraEnv imageRepository=s imageTag=s peerCertSANs=*s "
    "serverCertSANs=*s",
    "ClusterConfigurationEtcd: external=EtcdExternal local=EtcdLocal",
    "Networking: dnsDomain=s podSubnet=s serviceSubnet=s",
    "KubeadmConfigSpecClusterConfiguration: apiServer=ClusterConfigurationApiServer apiVersion=s "
    "caCertificateValidityPeriodDays=i certificateValidityPeriodDays=i certificatesDir=s clusterName=s "
    "controlPlaneEndpoint=s controllerManager=ClusterConfigurationControllerManager dns=Dns "
    "encryptionAlgorithm=s(ECDSA-P256|ECDSA-P384|RSA-2048|RSA-3072|RSA-4096) "
    "etcd=ClusterConfigurationEtcd featureGates=%b imageRepository=s kind=s kubernetesVersion=s "
    "networking=Networking scheduler=ClusterConfigurationControllerManager",
    "DiskSetupPartition: device=s! diskLayout=*DiskLayout layout=b! overwrite=b tableType=s(mbr|gpt)",
    "KubeadmConfigSpecDiskSetup: filesystems=*DiskSetupFilesystem partitions=*DiskSetupPartition",
    "InitConfigurationBootstrapToken: description=s expires=Time groups=*s token=s! ttl=s usages=*s",
    "InitConfigurationNodeRegistration: criSocket=s ignorePreflightErrors=*s "
    "imagePullPolicy=s(Always|IfNotPresent|Never) imagePullSerial=b kubeletExtraArgs=%s name=s "
    "taints=*NodeRegistrationTaint",
    "KubeadmConfigSpecInitConfiguration: apiVersion=s bootstrapTokens=*InitConfigurationBootstrapToken "
    "kind=s localAPIEndpoint=LocalAPIEndpoint nodeRegistration=InitConfigurationNodeRegistration "
    "patches=Patches skipPhases=*s",
    "JoinConfigurationDiscovery: bootstrapToken=DiscoveryBootstrapToken file=DiscoveryFile timeout=s "
    "tlsBootstrapToken=s",
    "KubeadmConfigSpecJoinConfiguration: apiVersion=s caCertPath=s "
    "controlPlane=JoinConfigurationControlPlane discovery=JoinConfigurationDiscovery kind=s "
    "nodeRegistration=InitConfigurationNodeRegistration patches=Patches skipPhases=*s",
    "SpecKubeadmConfigSpec: bootCommands=*s clusterConfiguration=KubeadmConfigSpecClusterConfiguration "
    "diskSetup=KubeadmConfigSpecDiskSetup files=*File format=s(cloud-config|ignition) ignition=Ignition "
    "initConfiguration=KubeadmConfigSpecInitConfiguration "
    "joinConfiguration=KubeadmConfigSpecJoinConfiguration mounts=*RawExtension ntp=Ntp "
    "postKubeadmCommands=*s preKubeadmCommands=*s useExperimentalRetryJoin=b users=*KubeadmConfigSpecUser "
    "verbosity=i",
    "SpecMachineTemplate: infrastructureRef=SpecControlPlaneRef! metadata=Metadata nodeDeletionTimeout=s "
    "nodeDrainTimeout=s nodeVolumeDetachTimeout=s readinessGates=*AvailabilityGate#conditionType "
    "taints=*ControlPlaneTaint#key,effect",
    "RemediationStrategy: maxRetry=i minHealthyPeriod=s retryPeriod=s",
    "SpecRolloutStrategy: rollingUpdate=RollingUpdate2 type=s(RollingUpdate)",
    "KubeadmControlPlaneV1beta1Spec: kubeadmConfigSpec=SpecKubeadmConfigSpec! "
    "machineNamingStrategy=Naming machineTemplate=SpecMachineTemplate! "
    "remediationStrategy=RemediationStrategy replicas=i rolloutAfter=Time rolloutBefore=Before "
    "rolloutStrategy=SpecRolloutStrategy version=s!",
    "StatusLastRemediation: machine=s! retryCount=i! timestamp=Time!",
    "KubeadmControlPlaneV1beta1Status: conditions=*V1beta1Condition failureMessage=s failureReason=s "
    "initialized=b lastRemediation=StatusLastRemediation observedGeneration=i ready=b readyReplicas=i "
    "replicas=i selector=s unavailableReplicas=i updatedReplicas=i v1beta2=V1beta22 version=s "
    "versions=*Version#version",
    "KubeadmControlPlaneV1beta1: spec=KubeadmControlPlaneV1beta1Spec "
    "status=KubeadmControlPlaneV1beta1Status",
    "Initialization3: dataSecretCreated=b",
    "KubeadmConfigStatus: conditions=*Condition3#type dataSecretName=s deprecated=Deprecated "
    "initialization=Initialization3 observedGeneration=i",
    "KubeadmConfig: spec=KubeadmConfigSpec status=KubeadmConfigStatus",
    "KubeadmConfigV1beta1Status: conditions=*V1beta1Condition dataSecretName=s failureMessage=s "
    "failureReason=s observedGeneration=i ready=b v1beta2=StatusV1beta2",
    "KubeadmConfigV1beta1: spec=SpecKubeadmConfigSpec status=KubeadmConfigV1beta1Status",
    "Template4: metadata=Metadata spec=KubeadmConfigSpec",
    "KubeadmConfigTemplateSpec: template=Template4!",
    "KubeadmConfigTemplate: spec=KubeadmConfigTemplateSpec",
    "Template5: metadata=Metadata spec=SpecKubeadmConfigSpec",
    "KubeadmConfigTemplateV1beta1Spec: template=Template5!",
    "KubeadmConfigTemplateV1beta1: spec=KubeadmConfigTemplateV1beta1Spec",
    "SpecControlPlaneEndpoint: host=s! port=i!",
    "ControlPlaneServiceTemplate: metadata=ObjectMeta spec=Video",
    "KubevirtClusterSpec: controlPlaneEndpoint=SpecControlPlaneEndpoint "
    "controlPlaneServiceTemplate=ControlPlaneServiceTemplate infraClusterSecretRef=SpecControlPlaneRef "
    "sshKeys=SpecBootstrap",
    "KubevirtClusterStatus: conditions=*V1beta1Condition failureDomains=%StatusFailureDomain ready=b!",
    "KubevirtCluster: spec=KubevirtClusterSpec status=KubevirtClusterStatus",
    "Template6: metadata=Metadata spec=KubevirtClusterSpec!",
    "KubevirtClusterTemplateSpec: template=Template6!",
    "KubevirtClusterTemplate: spec=KubevirtClusterTemplateSpec",
    "VirtualMachineBootstrapCheck: checkStrategy=s(none|ssh)",
    "DevicesInterface: acpiIndex=i binding=InterfaceBinding bootOrder=i bridge=RawExtension "
    "dhcpOptions=DhcpOptions macAddress=s macvtap=RawExtension masquerade=RawExtension model=s name=s! "
    "passt=RawExtension pciAddress=s ports=*Port slirp=RawExtension sriov=RawExtension state=s tag=s",
    "DomainDevices: autoattachGraphicsDevice=b autoattachInputDevice=b autoattachMemBalloon=b "
    "autoattachPodInterface=b autoattachSerialConsole=b autoattachVSOCK=b blockMultiQueue=b "
    "clientPassthrough=RawExtension disableHotplug=b disks=*DevicesDisk downwardMetrics=RawExtension "
    "filesystems=*Filesystem gpus=*Gpus hostDevices=*HostDevice inputs=*Input "
    "interfaces=*DevicesInterface logSerialConsole=b networkInterfaceMultiqueue=b "
    "panicDevices=*PanicDevice rng=RawExtension sound=Sound tpm=Tpm useVirtioTransitional=b video=Video "
    "watchdog=Watchdog",
    "Hyperv2: evmcs=MatchVolume frequencies=MatchVolume ipi=MatchVolume reenlightenment=MatchVolume "
    "relaxed=MatchVolume reset=MatchVolume runtime=MatchVolume spinlocks=Spinlocks synic=MatchVolume "
    "synictimer=Synictimer tlbflush=MatchVolume vapic=MatchVolume vendorid=Vendorid vpindex=MatchVolume",
    "DomainFeatures: acpi=MatchVolume apic=Apic hyperv=Hyperv2 hypervPassthrough=MatchVolume kvm=Kvm "
    "pvspinlock=MatchVolume smm=MatchVolume",
    "DomainMemory: guest=IntOrString hugepages=Hugepages maxGuest=IntOrString",
    "SpecDomain: chassis=Chassis clock=Clock cpu=Cpu devices=DomainDevices! features=DomainFeatures "
    "firmware=Firmware ioThreads=IoThreads ioThreadsPolicy=s launchSecurity=LaunchSecurity machine=Video "
    "memory=DomainMemory resources=DomainResources",
    "SpecNetwork: multus=Multus name=s! pod=NetworkPod",
    "Volume2: cloudInitConfigDrive=CloudInitConfigDrive cloudInitNoCloud=CloudInitConfigDrive "
    "configMap=VolumeConfigMap containerDisk=ContainerDisk dataVolume=DataVolume downwardAPI=DownwardAPI "
    "downwardMetrics=RawExtension emptyDisk=EmptyDisk ephemeral=Ephemeral hostDisk=HostDisk "
    "memoryDump=MemoryDump name=s! persistentVolumeClaim=MemoryDump secret=VolumeSecret "
    "serviceAccount=VolumeServiceAccount sysprep=Sysprep",
    "Spec2: accessCredentials=*AccessCredential affinity=SpecAffinity architecture=s dnsConfig=DnsConfig "
    "dnsPolicy=s domain=SpecDomain! evictionStrategy=s hostname=s livenessProbe=LivenessProbe "
    "networks=*SpecNetwork nodeSelector=%s priorityClassName=s readinessProbe=LivenessProbe "
    "resourceClaims=*SpecResourceClaim#name schedulerName=s startStrategy=s subdomain=s "
    "terminationGracePeriodSeconds=i tolerations=*SpecToleration "
    "topologySpreadConstraints=*SpecTopologySpreadConstraint#topologyKey,whenUnsatisfiable "
    "volumes=*Volume2",
    "Template7: metadata=ObjectMeta spec=Spec2",
    "VirtualMachineTemplateSpec: dataVolumeTemplates=*DataVolumeTemplate instancetype=Instancetype "
    "preference=Instancetype runStrategy=s running=b template=Template7! updateVolumesStrategy=s",
    "VirtualMachineTemplate: metadata=ObjectMeta spec=VirtualMachineTemplateSpec",
    "KubevirtMachineSpec: infraClusterSecretRef=SpecControlPlaneRef providerID=s "
    "virtualMachineBootstrapCheck=VirtualMachineBootstrapCheck "
    "virtualMachineTemplate=VirtualMachineTemplate",
    "KubevirtMachineStatus: addresses=*Address conditions=*V1beta1Condition failureMessage=s "
    "failureReason=s loadBalancerConfigured=b nodeupdated=b ready=b!",
    "KubevirtMachine: spec=KubevirtMachineSpec status=KubevirtMachineStatus",
    "Template8: spec=KubevirtMachineSpec!",
    "KubevirtMachineTemplateSpec: template=Template8!",
    "KubevirtMachineTemplate: spec=KubevirtMachineTemplateSpec",
    "Resource: kind=s(Secret|ConfigMap)! name=s!",
    "ClusterResourceSetSpec: clusterSelector=Selector! resources=*Resource! "
    "strategy=s(ApplyOnce|Reconcile)",
    "ClusterResourceSetStatus: conditions=*Condition3#type deprecated=StatusDeprecated "
    "observedGeneration=i",
    "ClusterResourceSet: spec=ClusterResourceSetSpec! status=ClusterResourceSetStatus",
    "ClusterResourceSetV1beta1Spec: clusterSelector=Selector! resources=*Resource "
    "strategy=s(ApplyOnce|Reconcile)",
    "ClusterResourceSetV1beta1Status: conditions=*V1beta1Condition observedGeneration=i "
    "v1beta2=StatusV1beta2",
    "ClusterResourceSetV1beta1: spec=ClusterResourceSetV1beta1Spec status=ClusterResourceSetV1beta1Status",
    "SpecCpu: dedicatedCPUPlacement=b guest=i! isolateEmulatorThread=b maxSockets=i model=s numa=Numa "
    "realtime=Realtime",
    "SpecMemory: guest=IntOrString! hugepages=Hugepages maxGuest=IntOrString overcommitPercent=i",
    "VirtualMachineInstancetypeSpec: annotations=%s cpu=SpecCpu! gpus=*Gpus hostDevices=*HostDevice "
    "ioThreads=IoThreads ioThreadsPolicy=s launchSecurity=LaunchSecurity memory=SpecMemory! "
    "nodeSelector=%s schedulerName=s",
    "VirtualMachineInstancetype: spec=VirtualMachineInstancetypeSpec!",
    "VirtualMachineClusterInstancetype: spec=VirtualMachineInstancetypeSpec!",
    "PreferredClockOffset: timezone=s utc=Utc",
    "SpecClock: preferredClockOffset=PreferredClockOffset preferredTimer=Timer",
    "SpreadOptions: across=s ratio=i",
    "Cpu2: preferredCPUFeatures=*Feature preferredCPUTopology=s spreadOptions=SpreadOptions",
    "SpecDevices: preferredAutoattachGraphicsDevice=b preferredAutoattachInputDevice=b "
    "preferredAutoattachMemBalloon=b preferredAutoattachPodInterface=b preferredAutoattachSerialConsole=b "
    "preferredBlockMultiQueue=b preferredCdromBus=s preferredDisableHotplug=b "
    "preferredDiskBlockSize=BlockSize preferredDiskBus=s preferredDiskCache=s "
    "preferredDiskDedicatedIoThread=b preferredDiskIO=s preferredInputBus=s preferredInputType=s "
    "preferredInterfaceMasquerade=RawExtension preferredInterfaceModel=s preferredLunBus=s "
    "preferredNetworkInterfaceMultiQueue=b preferredPanicDeviceModel=s preferredRng=RawExtension "
    "preferredSoundModel=s preferredTPM=Tpm preferredUseVirtioTransitional=b preferredVideoType=s "
    "preferredVirtualGPUOptions=VirtualGPUOptions",
    "SpecFeatures: preferredAcpi=MatchVolume preferredApic=Apic preferredHyperv=FeaturesHyperv "
    "preferredKvm=Kvm preferredPvspinlock=MatchVolume preferredSmm=MatchVolume",
    "SpecFirmware: preferredEfi=Efi preferredUseBios=b preferredUseBiosSerial=b preferredUseEfi=b "
    "preferredUseSecureBoot=b",
    "SpecMachine: preferredMachineType=s",
    "RequirementsCpu: guest=i!",
    "RequirementsMemory: guest=IntOrString!",
    "Requirements: architecture=s cpu=RequirementsCpu memory=RequirementsMemory",
    "Volumes: preferredStorageClassName=s",
    "VirtualMachinePreferenceSpec: annotations=%s clock=SpecClock cpu=Cpu2 devices=SpecDevices "
    "features=SpecFeatures firmware=SpecFirmware machine=SpecMachine preferSpreadSocketToCoreRatio=i "
    "preferredArchitecture=s preferredLaunchSecurity=LaunchSecurity preferredSubdomain=s "
    "preferredTerminationGracePeriodSeconds=i requirements=Requirements volumes=Volumes",
    "VirtualMachinePreference: spec=VirtualMachinePreferenceSpec!",
    "VirtualMachineClusterPreference: spec=VirtualMachinePreferenceSpec!",
    "VirtualMachineSnapshotSpec: deletionPolicy=s failureDeadline=s source=DataSource!",
    "Error: message=s time=Time",
    "SnapshotVolumes: excludedVolumes=*s#. includedVolumes=*s#.",
    "SourceIndication: indication=s! message=s!",
    "VirtualMachineSnapshotStatus: conditions=*StatusCondition creationTime=Time error=Error "
    "indications=*s#. phase=s readyToUse=b snapshotVolumes=SnapshotVolumes "
    "sourceIndications=*SourceIndication sourceUID=s virtualMachineSnapshotContentName=s",
    "VirtualMachineSnapshot: spec=VirtualMachineSnapshotSpec! status=VirtualMachineSnapshotStatus",
    "VolumeRestoreOverride: annotations=%s labels=%s restoreName=s volumeName=s",
    "VirtualMachineRestoreSpec: patches=*s target=DataSource! "
    "targetReadinessPolicy=s(StopTarget|WaitGracePeriod|FailImmediate|WaitEventually) "
    "virtualMachineSnapshotName=s! volumeOwnershipPolicy=s volumeRestoreOverrides=*VolumeRestoreOverride "
    "volumeRestorePolicy=s",
    "Restore: dataVolumeName=s persistentVolumeClaim=s! volumeName=s! volumeSnapshotName=s!",
    "VirtualMachineRestoreStatus: complete=b conditions=*StatusCondition deletedDataVolumes=*s#. "
    "restoreTime=Time restores=*Restore",
    "VirtualMachineRestore: spec=VirtualMachineRestoreSpec! status=VirtualMachineRestoreStatus",
    "Template9: annotationFilters=*s labelFilters=*s",
    "VirtualMachineCloneSpec: annotationFilters=*s labelFilters=*s newMacAddresses=%s newSMBiosSerial=s "
    "patches=*s source=DataSource! target=DataSource template=Template9 "
    "volumeNamePolicy=s(RandomizeNames|PrefixTargetName)",
    "VirtualMachineCloneStatus: conditions=*StatusCondition creationTime=Time phase=s restoreName=s "
    "snapshotName=s targetName=s",
    "VirtualMachineClone: spec=VirtualMachineCloneSpec! status=VirtualMachineCloneStatus",
    "VirtualMachineExportSpec: source=DataSource! tokenSecretRef=s ttlDuration=s",
    "BackupEndpoint: endpoint=s! url=s!",
    "Backup: endpoints=*BackupEndpoint#endpoint name=s!",
    "Manifest: type=s! url=s!",
    "Format: format=s! url=s!",
    "ExternalVolume: formats=*Format#format name=s!",
    "LinksExternal: backups=*Backup#name cert=s! manifests=*Manifest#type volumes=*ExternalVolume#name",
    "Links: external=LinksExternal internal=LinksExternal",
    "VirtualMachineExportStatus: conditions=*StatusCondition links=Links phase=s serviceName=s "
    "tokenSecretRef=s ttlExpirationTime=Time virtualMachineName=s",
    "VirtualMachineExport: spec=VirtualMachineExportSpec! status=VirtualMachineExportStatus",
    nullptr};

// As kMessageRoots.
const char* const kCustomRoots[] = {
    "kubevirt.io/v1 VirtualMachine",
    "kubevirt.io/v1alpha3 VirtualMachine",
    "kubevirt.io/v1 VirtualMachineInstance",
    "kubevirt.io/v1alpha3 VirtualMachineInstance",
    "kubevirt.io/v1 VirtualMachineInstanceMigration",
    "kubevirt.io/v1alpha3 VirtualMachineInstanceMigration",
    "kubevirt.io/v1 KubeVirt",
    "kubevirt.io/v1alpha3 KubeVirt",
    "kubevirt.io/v1 VirtualMachineInstanceReplicaSet",
    "kubevirt.io/v1alpha3 VirtualMachineInstanceReplicaSet",
    "cdi.kubevirt.io/v1beta1 DataVolume DataVolumeV1beta1",
    "cdi.kubevirt.io/v1beta1 DataSource DataSourceV1beta1",
    "cdi.kubevirt.io/v1beta1 DataImportCron",
    "cdi.kubevirt.io/v1beta1 StorageProfile",
    "cdi.kubevirt.io/v1beta1 CDI",
    "cdi.kubevirt.io/v1alpha1 CDI",
    "cluster.x-k8s.io/v1beta2 Cluster",
    "cluster.x-k8s.io/v1beta1 Cluster ClusterV1beta1",
    "cluster.x-k8s.io/v1beta2 ClusterClass",
    "cluster.x-k8s.io/v1beta1 ClusterClass ClusterClassV1beta1",
    "cluster.x-k8s.io/v1beta2 Machine",
    "cluster.x-k8s.io/v1beta1 Machine MachineV1beta1",
    "cluster.x-k8s.io/v1beta2 MachineSet",
    "cluster.x-k8s.io/v1beta1 MachineSet MachineSetV1beta1",
    "cluster.x-k8s.io/v1beta2 MachineDeployment MachineDeploymentV1beta2",
    "cluster.x-k8s.io/v1beta1 MachineDeployment MachineDeploymentV1beta1",
    "cluster.x-k8s.io/v1beta2 MachineHealthCheck MachineHealthCheckV1beta2",
    "cluster.x-k8s.io/v1beta1 MachineHealthCheck MachineHealthCheckV1beta1",
    "controlplane.cluster.x-k8s.io/v1beta2 KubeadmControlPlane",
    "controlplane.cluster.x-k8s.io/v1beta1 KubeadmControlPlane KubeadmControlPlaneV1beta1",
    "bootstrap.cluster.x-k8s.io/v1beta2 KubeadmConfig",
    "bootstrap.cluster.x-k8s.io/v1beta1 KubeadmConfig KubeadmConfigV1beta1",
    "bootstrap.cluster.x-k8s.io/v1beta2 KubeadmConfigTemplate",
    "bootstrap.cluster.x-k8s.io/v1beta1 KubeadmConfigTemplate KubeadmConfigTemplateV1beta1",
    "infrastructure.cluster.x-k8s.io/v1alpha1 KubevirtCluster",
    "infrastructure.cluster.x-k8s.io/v1alpha1 KubevirtClusterTemplate",
    "infrastructure.cluster.x-k8s.io/v1alpha1 KubevirtMachine",
    "infrastructure.cluster.x-k8s.io/v1alpha1 KubevirtMachineTemplate",
    "addons.cluster.x-k8s.io/v1beta2 ClusterResourceSet",
    "addons.cluster.x-k8s.io/v1beta1 ClusterResourceSet ClusterResourceSetV1beta1",
    "instancetype.kubevirt.io/v1beta1 VirtualMachineInstancetype",
    "instancetype.kubevirt.io/v1beta1 VirtualMachineClusterInstancetype",
    "instancetype.kubevirt.io/v1beta1 VirtualMachinePreference",
    "instancetype.kubevirt.io/v1beta1 VirtualMachineClusterPreference",
    "snapshot.kubevirt.io/v1beta1 VirtualMachineSnapshot",
    "snapshot.kubevirt.io/v1alpha1 VirtualMachineSnapshot",
    "snapshot.kubevirt.io/v1beta1 VirtualMachineRestore",
    "snapshot.kubevirt.io/v1alpha1 VirtualMachineRestore",
    "clone.kubevirt.io/v1beta1 VirtualMachineClone",
    "clone.kubevirt.io/v1alpha1 VirtualMachineClone",
    "export.kubevirt.io/v1 VirtualMachineExport",
    "export.kubevirt.io/v1beta1 VirtualMachineExport",
    nullptr};
// clang-format on

} // namespace strata::demosite
