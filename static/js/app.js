// built by static/build
