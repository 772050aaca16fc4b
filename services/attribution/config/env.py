from shared.runtime.environment import ServiceEnvironment


class AttributionEnvironment(ServiceEnvironment):
    pass
