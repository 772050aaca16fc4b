from deploy.page_previews.render import configure

configure()
