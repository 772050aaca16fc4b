from deploy.preview.render import configure

configure()
