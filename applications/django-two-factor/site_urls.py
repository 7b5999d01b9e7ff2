from django.contrib import admin
from django.contrib.auth import views
from django.urls import include, path
from two_factor.admin import AdminSiteOTPRequired
from two_factor.urls import urlpatterns as two_factor

# The admin asks for the second factor as well, and sends to the login of two_factor.
admin.site.__class__ = AdminSiteOTPRequired

urlpatterns = [
    path("", include(two_factor)),
    path("account/password_reset/", views.PasswordResetView.as_view(), name="password_reset"),
    path("account/password_reset/done/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", views.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
    path("reset/done/", views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("account/logout/", views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
